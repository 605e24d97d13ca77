//! What a script calls, for the tests.

use tree_sitter::Node;

use super::grammar::{Script, under};

impl Script {
    /// Every command with its arguments, in their order.
    pub(super) fn commands(&self) -> Vec<Node<'_>> {
        let is_command = |node: &Node<'_>| node.kind() == "command";
        self.nodes().into_iter().filter(is_command).collect()
    }

    /// Name of a command; `None` of `& $program`.
    pub(super) fn name(&self, command: Node<'_>) -> Option<&str> {
        let name = command.child_by_field_name("command_name")?;
        (name.kind() == "command_name").then(|| self.of(name))
    }

    /// The functions: name and node.
    pub(super) fn functions(&self) -> Vec<(&str, Node<'_>)> {
        self.nodes()
            .into_iter()
            .filter(|node| node.kind() == "function_statement")
            .map(|node| {
                let is_name = |child: &Node<'_>| child.kind() == "function_name";
                let name = under(node).into_iter().find(is_name).unwrap();
                (self.of(name), node)
            })
            .collect()
    }

    /// The names of the commands in a function, in their order.
    pub(super) fn called_by(&self, function: &str) -> Vec<&str> {
        let (_, body) = self
            .functions()
            .into_iter()
            .find(|(name, _)| *name == function)
            .unwrap_or_else(|| panic!("no function {function}"));
        under(body)
            .into_iter()
            .filter(|node| node.kind() == "command")
            .filter_map(|node| self.name(node))
            .collect()
    }
}
