//! The list that a host keeps of its machines: `data.vmcx`. It is read and never restored. vmcx.md B.8.

use uuid::Uuid;
use vmcx::{Node, Value};

use super::recorded::Recorded;

/// Where a host says that the configuration of a machine is.
pub(crate) struct Entry {
    /// Id of the machine.
    pub(crate) id: Uuid,
    /// Path of its .vmcx on the host.
    pub(crate) path: Recorded,
}

/// The machines below `root`; none if it is no such list.
pub(crate) fn entries(root: &Node) -> Vec<Entry> {
    let Some(machines) = root.at("Configurations/VirtualMachines") else {
        return Vec::new();
    };
    machines.children.iter().filter_map(entry).collect()
}

fn entry(node: &Node) -> Option<Entry> {
    let id = Uuid::try_parse(node.name.trim_matches('_')).ok()?;
    match &node.value {
        Value::Text(text) => Some(Entry {
            id,
            path: Recorded::from(text),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, value: Value, children: Vec<Node>) -> Node {
        Node {
            name: name.into(),
            value,
            children,
            flags: 0,
            sequence: 0,
        }
    }

    #[test]
    fn ids_are_mapped_to_paths_and_other_keys_are_passed_over() {
        let path = Value::Text(r"D:\VMs\web\Virtual Machines\a.vmcx".into());
        let machines = vec![
            node("_EC04F346-DB96-4700-AF5B-77B3C56C38BD_", path, Vec::new()),
            node("_no id_", Value::Text("x".into()), Vec::new()),
            node(
                "_EC04F346-DB96-4700-AF5B-77B3C56C38BE_",
                Value::Int(1),
                Vec::new(),
            ),
        ];
        let list = node("VirtualMachines", Value::Node, machines);
        let configurations = node("Configurations", Value::Node, vec![list]);
        let root = node("", Value::Node, vec![configurations]);
        let found = entries(&root);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path.file_name(), "a.vmcx");
        assert!(entries(&node("", Value::Node, Vec::new())).is_empty());
    }
}
