use testkit::MemoryTree;
use tree::FileSystem;

use super::*;

fn matches(pattern: &str, path: &str) -> bool {
    let tree = MemoryTree::new();
    Pattern::parse(pattern)
        .expect("valid")
        .on(&tree)
        .matches(&path.into())
}

#[test]
fn stars_stay_in_one_name_and_double_stars_cross() {
    assert!(matches("Users/*/a.txt", "Users/ana/a.txt"));
    assert!(!matches("Users/*/a.txt", "Users/ana/b/a.txt"));
    assert!(matches("Users/**/a.txt", "Users/a.txt"));
    assert!(matches("Users/**/a.txt", "Users/x/y/z/a.txt"));
    assert!(matches("**", "x/y") && matches("a/**", "a/b/c") && !matches("a/**", "a"));
    assert!(matches("**/b/**/d", "a/b/c/c/d") && !matches("**/b/**/d", "a/d"));
    assert!(matches("/", "") && matches("", "") && !matches("", "a"));
}

#[test]
fn names_match_by_the_case_rule() {
    assert!(matches("users/\u{C4}*.TXT", "Users/\u{E4}b.txt"));
    assert!(matches("[A-C]x", "bX") && !matches("[A-C]x", "dX"));
    let tree = MemoryTree::case_sensitive();
    let pattern = Pattern::parse("A*[a-c]").expect("valid");
    assert!(pattern.on(&tree).matches(&"Axb".into()));
    assert!(!pattern.on(&tree).matches(&"axb".into()));
    assert!(!pattern.on(&tree).matches(&"AxB".into()));
}

#[test]
fn both_slashes_separate() {
    assert!(matches(r"Users\ana\*.txt", "Users/ana/x.txt"));
    assert!(matches(r"\Users\", "Users"));
}

#[test]
fn sets_and_questions() {
    for (pattern, name, expected) in [
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("?", "\u{1F600}", true),
        ("[!a-c]", "d", true),
        ("[^a-c]", "b", false),
        ("[]x]", "]", true),
        ("[a-]", "-", true),
        ("[abc", "[abc", true),
        ("*.*.*", "a.b.c", true),
        ("*a*b*c", "xxaxxbxx", false),
        ("a*", "a", true),
    ] {
        assert_eq!(matches(pattern, name), expected, "{pattern} on {name}");
    }
}

#[test]
fn a_name_spelled_exactly_matches_itself() {
    assert!(matches("report [final].txt", "report [final].txt"));
    assert!(matches("{0c5a-11}/x", "{0C5A-11}/x"));
    assert!(matches("a{b", "a{b"));
}

#[test]
fn braces_are_alternatives_across_names() {
    for path in ["a/b/x", "a/c/d/x", "a//x"] {
        assert!(matches("a/{b,c/d,}/x", path), "{path}");
    }
    assert!(matches("{a,{b,c}d}", "cd") && !matches("{a,{b,c}d}", "c"));
    assert!(matches("{{b,c}}", "{c}"));
    let many = "{a,b,c,d}".repeat(6);
    assert!(
        Pattern::parse(&many)
            .expect_err("4,096 of them")
            .to_string()
            .contains("HV-E765")
    );
}

#[test]
fn backtracking_is_bounded() {
    // Exponential for whoever tries all ways to share the letters out.
    let pattern = format!("{}b", "*a".repeat(60));
    let begun = std::time::Instant::now();
    assert!(!matches(&pattern, &"a".repeat(255)));
    let deep = format!("{}x", "**/a/".repeat(60));
    assert!(!matches(&deep, &"a/".repeat(200)));
    assert!(begun.elapsed().as_secs() < 5);
}

fn sample() -> MemoryTree {
    let mut tree = MemoryTree::new();
    for path in [
        "Users/ana/a.txt",
        "Users/ana/b.txt",
        "Users/ben/a.txt",
        "Users/x.TXT",
        "w.txt",
    ] {
        tree.file(path, path);
    }
    tree
}

fn found(fs: &dyn FileSystem, patterns: &[&str]) -> (Vec<String>, Vec<usize>) {
    let patterns: Vec<_> = patterns
        .iter()
        .map(|text| Pattern::parse(text).unwrap())
        .collect();
    let found = find(fs, &patterns);
    assert!(found.losses.is_empty(), "{:?}", found.losses);
    (
        found
            .roots
            .iter()
            .map(|root| root.path.to_string())
            .collect(),
        found.unmatched,
    )
}

#[test]
fn finds_in_the_volumes_own_spelling() {
    let tree = sample();
    let (roots, unmatched) = found(&tree, &["USERS/ANA", "nothing", "W.txt"]);
    assert_eq!(
        (roots, unmatched),
        (vec!["/Users/ana".into(), "/w.txt".into()], vec![1])
    );
    assert_eq!(
        found(&tree, &["users/*/A.*"]).0,
        ["/Users/ana/a.txt", "/Users/ben/a.txt"]
    );
    assert_eq!(found(&tree, &["/"]).0, ["/"]);
    assert_eq!(found(&tree, &["w.txt/x", "Users/ana/a.txt/y"]).1, [0, 1]);
}

#[test]
fn what_lies_below_another_match_is_not_found_twice() {
    let tree = sample();
    let (roots, unmatched) = found(&tree, &["Users/ana/*", "Users", "**/*.txt"]);
    assert_eq!(
        (roots, unmatched.len()),
        (vec!["/Users".into(), "/w.txt".into()], 0)
    );
}

#[test]
fn a_damaged_directory_is_a_loss_and_the_rest_is_found() {
    let mut tree = sample();
    let ben = tree.at("Users/ben");
    tree.break_listing(ben, blockio::Fault::damaged(&tree::codes::CYCLE, "index"));
    let found = find(&tree, &[Pattern::parse("Users/*/*.txt").unwrap()]);
    assert_eq!((found.roots.len(), found.losses.len()), (3, 1));
    assert_eq!(found.losses[0].path, "Users/ben".into());
}

#[test]
fn for_showing_what_lies_below_another_match_is_found_too() {
    let tree = sample();
    let pattern = Pattern::parse("**/*a*").unwrap();
    let found = find_each(&tree, std::slice::from_ref(&pattern)).roots;
    let paths: Vec<_> = found.iter().map(|root| root.path.to_string()).collect();
    assert!(paths.contains(&"/Users/ana".into()), "{paths:?}");
    assert!(paths.contains(&"/Users/ana/a.txt".into()), "{paths:?}");
    let topmost = find(&tree, &[pattern]).roots;
    assert!(topmost.len() < found.len());
}
