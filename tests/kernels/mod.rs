//! Every kernel over a table in PostgreSQL says what SQL says.

mod answers;
mod columns;
mod digits;
mod equality;
mod table;
