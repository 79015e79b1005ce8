//! Plans for the cluster: which files, which statement. No text of a statement is made of data;
//! paths, days and ranks are nodes of the plan.

use std::sync::{
    LazyLock,
    atomic::{AtomicI64, Ordering::Relaxed},
};

use arrow_array::RecordBatch;
use arrow_ipc::writer::StreamWriter;
use pipeline::dimensions::{all, fill};
use spark_connect_proto::{
    Expression, LocalRelation, Project, Read, Relation, RelationCommon, SetOperation, Sql,
    SubqueryAlias, WithRelations, expression, read, relation::RelType, set_operation::SetOpType,
};

/// Columns of a dataset as the statements know them.
pub type Columns = &'static [&'static str];

/// Some clusters keep the dictionaries of our files, and not everything can be done with them.
pub static LOGS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let texts: &'static str = fill("CAST({name} AS STRING) AS {name}\n", all()).leak();
    LOG_DAYS.iter().copied().chain(texts.lines()).collect()
});
pub const LOG_DAYS: Columns = &["log_id AS id", "log_date AS day"];
pub const LOG_IDS: Columns = &["log_id AS id"];
pub const REVIEWS: Columns = &[
    "review_id AS id",
    "customer_id AS customer",
    "is_positive AS positive",
    "false AS has_others",
];
pub const REVIEW_IDS: Columns = &["review_id AS id"];
pub const PURCHASES: Columns = &["customer_id AS customer", "quantity", "unit_price"];

/// The rows of some Parquet files. These paths and no others: what else lies there does not count.
pub fn parquet(paths: Vec<String>) -> Relation {
    let format = Some("parquet".to_owned());
    let source = read::DataSource { format, paths, ..Default::default() };
    let read_type = Some(read::ReadType::DataSource(source));
    relation(RelType::Read(Read { read_type, ..Default::default() }))
}

/// Some columns, written as in a statement.
pub fn select(input: Relation, columns: Columns) -> Relation {
    project(input, columns.iter().map(|column| text(column)).collect())
}

/// Some columns, and the name of each row's `file`.
pub fn select_named(input: Relation, columns: Columns) -> Relation {
    let name = std::iter::once(&"_metadata.file_name AS file");
    project(input, columns.iter().chain(name).map(|column| text(column)).collect())
}

/// Some columns, and a `rank` for all rows.
pub fn select_ranked(input: Relation, columns: Columns, rank: i32) -> Relation {
    let literal = expression::literal::LiteralType::Integer(rank);
    let literal = expression::Literal { literal_type: Some(literal), ..Default::default() };
    let alias = expression::Alias {
        expr: Some(Box::new(node(expression::ExprType::Literal(literal)))),
        name: vec!["rank".to_owned()],
        metadata: None,
    };
    let mut columns: Vec<Expression> = columns.iter().map(|column| text(column)).collect();
    columns.push(node(expression::ExprType::Alias(Box::new(alias))));
    project(input, columns)
}

/// All rows of all of them, as a tree that is no deeper than it must be: a plan that is nested too
/// deeply is not decoded. `None` where there are none.
pub fn union(mut inputs: Vec<Relation>) -> Option<Relation> {
    while inputs.len() > 1 {
        let mut halved = Vec::with_capacity(inputs.len().div_ceil(2));
        let mut inputs_left = inputs.into_iter();
        while let Some(left) = inputs_left.next() {
            halved.push(match inputs_left.next() {
                Some(right) => both(left, right),
                None => left,
            });
        }
        inputs = halved;
    }
    inputs.pop()
}

fn both(left: Relation, right: Relation) -> Relation {
    relation(RelType::SetOp(Box::new(SetOperation {
        left_input: Some(Box::new(left)),
        right_input: Some(Box::new(right)),
        set_op_type: SetOpType::Union.into(),
        is_all: Some(true),
        ..Default::default()
    })))
}

/// Rows that are sent along with the plan.
pub fn rows(batch: &RecordBatch) -> Result<Relation, arrow_schema::ArrowError> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema())?;
    writer.write(batch)?;
    let data = Some(writer.into_inner()?.into());
    Ok(relation(RelType::LocalRelation(LocalRelation { data, schema: None })))
}

/// A statement over relations that it knows by these names.
pub fn sql<const N: usize>(query: &str, named: [(&str, Relation); N]) -> Relation {
    let root = relation(RelType::Sql(Sql { query: query.to_owned(), ..Default::default() }));
    let references = named.into_iter().map(|(name, input)| {
        relation(RelType::SubqueryAlias(Box::new(SubqueryAlias {
            input: Some(Box::new(input)),
            alias: name.to_owned(),
            qualifier: Vec::new(),
        })))
    });
    let references = references.collect();
    let with = WithRelations { root: Some(Box::new(root)), references };
    relation(RelType::WithRelations(Box::new(with)))
}

fn project(input: Relation, expressions: Vec<Expression>) -> Relation {
    relation(RelType::Project(Box::new(Project { input: Some(Box::new(input)), expressions })))
}

fn text(column: &str) -> Expression {
    let expression = column.to_owned();
    node(expression::ExprType::ExpressionString(expression::ExpressionString { expression }))
}

fn node(expression: expression::ExprType) -> Expression {
    Expression { expr_type: Some(expression), ..Default::default() }
}

/// A statement finds what it refers to by a number that no other part of the plan has.
fn relation(rel_type: RelType) -> Relation {
    static NEXT: AtomicI64 = AtomicI64::new(0);
    let plan_id = Some(NEXT.fetch_add(1, Relaxed));
    let common = Some(RelationCommon { plan_id, ..Default::default() });
    Relation { common, rel_type: Some(rel_type) }
}
