//! "Did you mean …?"

/// The candidate that a misspelt name most likely means: the same letters in another case or with other white space, else one
/// letter more, less, other or swapped.
pub(crate) fn closest<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str> + Clone,
) -> Option<&'a str> {
    let folded: Vec<char> = fold(name).collect();
    let same = |candidate: &&str| fold(candidate).eq(folded.iter().copied());
    candidates.clone().find(same).or_else(|| {
        candidates.into_iter().find(|candidate| name.len() > 3 && one_letter_apart(candidate, name))
    })
}

fn fold(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_lowercase)
}

fn one_letter_apart(a: &str, b: &str) -> bool {
    if a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    match (&a.as_bytes()[same..], &b.as_bytes()[same..]) {
        (a @ [a0, rest_a @ ..], b @ [b0, rest_b @ ..]) => {
            let swapped = rest_a.first() == Some(b0)
                && rest_b.first() == Some(a0)
                && rest_a[1..] == rest_b[1..];
            rest_a == rest_b || rest_a == b || rest_b == a || swapped
        }
        ([_], []) | ([], [_]) => true,
        (_, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_is_forgiven() {
        let names = ["ResultPath", "Parameters", "Check stock"];
        for (wrong, right) in [
            ("resultPath", Some("ResultPath")),
            ("Paramters", Some("Parameters")),
            ("Paramteers", Some("Parameters")),
            ("Parametersx", Some("Parameters")),
            ("CheckStock", Some("Check stock")),
            ("Something", None),
            ("", None),
        ] {
            assert_eq!(closest(wrong, names.into_iter()), right, "{wrong}");
        }
    }
}
