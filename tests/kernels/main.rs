//! Every kernel over a table in PostgreSQL says what SQL says.

mod answers;
mod columns;
mod exact;
mod table;
