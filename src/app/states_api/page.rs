//! Lists in pages. A token names where the next page begins and what was asked for, so that it is no good for another list.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::refusal::ApiError;
use super::request::Request;
use crate::json::Value;

/// Items of a page when nobody says how many, or says 0 (API reference of every list).
const USUAL: usize = 100;

/// Where a page begins and how long it may be.
#[derive(Debug)]
pub(super) struct Page {
    /// Which list it is, with everything that narrows it.
    list: String,
    /// The place of the last item of the page before.
    pub(super) after: Option<String>,
    pub(super) size: usize,
}

impl Page {
    /// # Errors
    /// The token is none of this list.
    pub(super) fn of(request: &Request, list: &str) -> Result<Self, ApiError> {
        let digest = Sha256::digest(list);
        let list: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let after = request.text("nextToken").map(|token| read(token, &list)).transpose()?;
        let size = request.count("maxResults").filter(|it| *it > 0);
        let size = size.and_then(|it| usize::try_from(it).ok()).unwrap_or(USUAL);
        Ok(Self { list, after, size })
    }

    /// The answer: the items of this page from those that follow `after`, and a token when there are more. `place` names an
    /// item for the next page.
    pub(super) fn answer<T>(
        &self,
        member: &'static str,
        following: impl IntoIterator<Item = T>,
        place: impl Fn(&T) -> String,
        json: impl Fn(T) -> Value,
    ) -> Value {
        let mut following = following.into_iter();
        let mut items = Vec::new();
        let mut last = None;
        for item in following.by_ref().take(self.size) {
            last = Some(place(&item));
            items.push(json(item));
        }
        let mut members = vec![(member, Value::from(items))];
        if following.next().is_some()
            && let Some(last) = last
        {
            let token = URL_SAFE_NO_PAD.encode(format!("{}:{last}", self.list));
            members.push(("nextToken", Value::from(token)));
        }
        Value::object(members)
    }
}

fn read(token: &str, list: &str) -> Result<String, ApiError> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    let text = bytes.and_then(|it| String::from_utf8(it).ok()).unwrap_or_default();
    match text.split_once(':') {
        Some((of, place)) if of == list => Ok(place.to_owned()),
        Some(_) | None => Err(ApiError::invalid_token()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::states_api::request::{MAX_RESULTS, NEXT_TOKEN};

    fn request(body: &str) -> Request {
        Request::read(body, &[MAX_RESULTS, NEXT_TOKEN]).expect("a request")
    }

    fn page(body: &str, list: &str) -> Result<Value, ApiError> {
        let page = Page::of(&request(body), list)?;
        let after = page.after.as_deref().map_or(0, |it| it.parse().expect("a number"));
        Ok(page.answer("numbers", after + 1..=5, i32::to_string, |it| Value::from(i64::from(it))))
    }

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let mut token = String::new();
        let mut seen = Vec::new();
        for _ in 0..3 {
            let answer = page(&format!(r#"{{"maxResults":2{token}}}"#), "a").expect("a page");
            seen.push(answer.get("numbers").map(Value::to_string).unwrap_or_default());
            let next = answer.get("nextToken").and_then(Value::as_str);
            token = next.map_or_else(String::new, |it| format!(r#","nextToken":"{it}""#));
        }
        assert_eq!(seen, ["[1,2]", "[3,4]", "[5]"]);
        assert_eq!(token, "", "there is nothing after the end");
        let all = page(r#"{"maxResults":0}"#, "a").expect("a page");
        assert!(all.get("nextToken").is_none());
    }

    #[test]
    fn a_token_is_good_for_its_list_only() {
        let first = page(r#"{"maxResults":1}"#, "a").expect("a page");
        let token = first.get("nextToken").and_then(Value::as_str).expect("more");
        let again = format!(r#"{{"nextToken":"{token}"}}"#);
        assert!(page(&again, "a").is_ok());
        for (body, list) in [(again.as_str(), "b"), (r#"{"nextToken":"nonsense"}"#, "a")] {
            assert_eq!(page(body, list), Err(ApiError::invalid_token()), "{body}");
        }
    }
}
