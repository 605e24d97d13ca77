//! `doctor --json`.

use serde_json::{Value, json};

use super::{Args, Examined};
use crate::vmset::preflight::{Level, Maker, Row, worst};

/// The whole document.
pub(super) fn of(args: &Args, examined: &[Examined<'_>], level: Level) -> Value {
    json!({
        "type": "doctor",
        "source": args.source.source.display().to_string(),
        "host": args.host.map(|host| host.name),
        "cpu": args.cpu.map(|cpu| Maker::from(cpu).word()),
        "level": level.word(),
        "machines": examined.iter().map(machine).collect::<Vec<_>>(),
    })
}

fn machine(one: &Examined<'_>) -> Value {
    let chosen = one.state.and_then(|number| one.machine.states.get(number));
    json!({
        "name": one.machine.name,
        "id": one.machine.id,
        "state": chosen.map(|state| json!({ "number": state.number, "name": state.name })),
        "level": worst(&one.rows).word(),
        "rows": one.rows.iter().map(row).collect::<Vec<_>>(),
        "next": one.next,
    })
}

fn row(row: &Row) -> Value {
    json!({
        "level": row.level.word(),
        "topic": row.topic.word(),
        "code": row.code.map(|code| code.id),
        "reason": row.reason,
        "remedy": row.remedy,
        "command": row.command,
        "for_the_host": row.topic.is_for_the_host(),
    })
}
