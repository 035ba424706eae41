//! Planning: looking up a source's relation and key, and cutting it.
//!
//! May use: `connect`.

pub(super) mod asked;
pub(super) mod blocks;
pub(super) mod checks;
pub(super) mod column;
pub(super) mod describe;
pub(super) mod ends;
pub(super) mod explain;
pub(super) mod expressions;
pub(super) mod filter;
pub(super) mod groups;
pub(super) mod histogram;
pub(super) mod hold;
pub(super) mod key;
pub(super) mod keys;
pub(super) mod lock;
pub(super) mod plan_text;
pub(super) mod planning;
pub(super) mod relation;
pub(super) mod relation_kind;
pub(super) mod sample;
pub(super) mod sent;
pub(super) mod type_facts;
pub(super) mod window;
