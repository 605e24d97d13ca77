//! Which SID takes the place of which.

use std::collections::HashMap;

use security::Sid;

/// Which SID takes the place of which: whole SIDs, or the domain of all that have it.
#[derive(Clone, Debug, Default)]
pub struct SidMap {
    whole: HashMap<Sid, Sid>,
    domains: Vec<(Sid, Sid)>,
}

/// Sub-authorities of a domain's SID: 21 and the three numbers of the domain.
const DOMAIN: usize = 4;

impl SidMap {
    /// Reads pairs, one a line, `OLD=NEW` or `OLD,NEW`; empty lines and those that begin with `#` are
    /// left out. A pair of two domains (`S-1-5-21-a-b-c`) goes for everybody in them.
    ///
    /// # Errors
    /// The first line that is no pair, and why.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut map = Self::default();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim().trim_start_matches('\u{FEFF}');
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            map.add(line)
                .map_err(|why| format!("line {}: {why}", number + 1))?;
        }
        Ok(map)
    }

    fn add(&mut self, line: &str) -> Result<(), String> {
        let pair = line.split_once(['=', ',']);
        let (old, new) = pair.ok_or("expected OLD=NEW, two SIDs")?;
        let sid = |text: &str| -> Result<Sid, String> {
            let text = text.trim().trim_matches('"');
            text.parse().map_err(|_| format!("{text:?} is no SID"))
        };
        let (old, new) = (sid(old)?, sid(new)?);
        match (is_domain(&old), is_domain(&new)) {
            (true, true) => self.domains.push((old, new)),
            (false, false) => {
                self.whole.insert(old, new);
            }
            _ => return Err("a domain can only become a domain".into()),
        }
        Ok(())
    }

    /// Whether there is no pair.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.domains.is_empty()
    }

    /// Who takes the place of `sid`; none if it stays.
    #[must_use]
    pub fn of(&self, sid: &Sid) -> Option<Sid> {
        self.whole.get(sid).cloned().or_else(|| self.in_domain(sid))
    }

    fn in_domain(&self, sid: &Sid) -> Option<Sid> {
        let (domain, person) = sid.sub_authorities().split_at_checked(DOMAIN)?;
        let found = self
            .domains
            .iter()
            .find(|(old, _)| old.authority() == sid.authority() && old.sub_authorities() == domain);
        let (_, new) = found?;
        Sid::new(new.authority(), &[new.sub_authorities(), person].concat())
    }
}

fn is_domain(sid: &Sid) -> bool {
    sid.authority() == 5 && sid.sub_authorities().len() == DOMAIN && sid.sub_authorities()[0] == 21
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sid(text: &str) -> Sid {
        text.parse().expect("a SID")
    }

    #[test]
    fn persons_go_before_domains_and_others_stay() {
        let text = "# ana moved\nS-1-5-21-1-2-3-1001 = S-1-5-21-7-8-9-500\r\n\nS-1-5-21-1-2-3,S-1-5-21-4-5-6\n";
        let map = SidMap::parse(text).expect("two pairs");
        assert_eq!(
            map.of(&sid("S-1-5-21-1-2-3-1001")),
            Some(sid("S-1-5-21-7-8-9-500"))
        );
        assert_eq!(
            map.of(&sid("S-1-5-21-1-2-3-1002")),
            Some(sid("S-1-5-21-4-5-6-1002"))
        );
        assert_eq!(map.of(&sid("S-1-5-18")), None);
        assert_eq!(map.of(&sid("S-1-5-21-9-9-9-1001")), None);
    }

    #[test]
    fn what_is_no_pair_is_named_with_its_line() {
        for (text, line) in [
            ("x", "line 1"),
            ("\nS-1-5-18=ana", "line 2"),
            ("S-1-5-21-1-2-3=S-1-5-18", "line 1"),
        ] {
            let error = SidMap::parse(text).expect_err("no pair");
            assert!(error.starts_with(line), "{error}");
        }
    }
}
