"""Asks the CRUD API what its contract promises: contract.py NAME URL contract|hiccup|trouble."""
import json
import sys
import urllib.error
import urllib.request

name, url, mode = sys.argv[1:]
failures = []


def ask(method, path, body=None, raw=None, headers=None):
    data = raw if raw is not None else (json.dumps(body).encode() if body is not None else None)
    request = urllib.request.Request(url + path, data=data, method=method)
    if data is not None:
        request.add_header("Content-Type", "application/json")
    for header, value in (headers or {}).items():
        request.add_header(header, value)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            status, got, text = answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, got, text = error.code, error.headers, error.read().decode()
    try:
        return status, got, json.loads(text)
    except ValueError:
        return status, got, text


def check(what, condition, seen):
    print(("ok   " if condition else "FAIL ") + what + ("" if condition else f": {seen}"))
    if not condition:
        failures.append(what)


def finish():
    print(f"{name}, {mode}: {len(failures)} failed")
    sys.exit(1 if failures else 0)


car = {"make": "MINI", "model": "Cooper", "year": 2015, "extras": ["it's", {"colour": "检"}]}
if mode == "hiccup":
    status, _, body = ask("POST", "/items", car)
    check("a database that throttles three times is asked a fourth time", status == 201, (status, body))
    finish()
if mode == "trouble":
    status, headers, body = ask("POST", "/items", car)
    told = json.dumps(body) + str(headers)
    check("a database in trouble gives 500 and keeps the cause to itself",
          status == 500 and len(told) > 12 and "secret" not in told and "hrottl" not in told, (status, dict(headers), body))
    finish()

created = []
for index in range(3):
    status, headers, body = ask("POST", "/items", {**car, "year": 2015 + index})
    fine = status == 201 and isinstance(body, dict) and body.get("id") and body.get("make") == "MINI"
    check("POST /items gives 201, the item with an id, and its Location",
          fine and headers.get("Location", "").endswith("/items/" + body["id"]), (status, dict(headers), body))
    if fine:
        created.append(body["id"])
for what, raw in (("an array", b"[1]"), ("no JSON", b"{"), ("no body", b""), ("no make", b'{"model":"x","year":1}')):
    status, _, body = ask("POST", "/items", raw=raw)
    check(f"POST with {what} gives 400 and what is wrong", status == 400 and len(json.dumps(body)) > 12, (status, body))
status, _, page = ask("GET", "/items?limit=2")
check("GET /items?limit=2 gives two items and next",
      status == 200 and len(page.get("items", [])) == 2 and bool(page.get("next")), (status, page))
seen = [item["id"] for item in page["items"]] if status == 200 else []
status, _, rest = ask("GET", "/items?limit=2&next=" + urllib.request.quote(str(page.get("next")), safe=""))
check("the next page holds the rest", status == 200 and sorted(seen + [item["id"] for item in rest["items"]]) == sorted(created)
      and not rest.get("next"), (status, rest))
first = created[0] if created else "none"
status, _, body = ask("GET", f"/items/{first}")
check("GET /items/{id} gives the item as it was sent", status == 200 and body == {**car, "id": first}, (status, body))
status, _, body = ask("GET", "/items/absent")
check("GET of an absent item gives 404", status == 404, (status, body))
status, _, body = ask("PUT", f"/items/{first}", {**car, "year": 1999})
check("PUT gives 200", status == 200 and body.get("year") == 1999, (status, body))
status, _, body = ask("GET", f"/items/{first}")
check("PUT was stored", status == 200 and body.get("year") == 1999 and body.get("id") == first, (status, body))
status, _, body = ask("PUT", "/items/absent", car)
check("PUT of an absent item gives 404", status == 404, (status, body))
status, _, body = ask("PUT", f"/items/{first}", raw=b"")
check("PUT without a body gives 400", status == 400, (status, body))
status, _, body = ask("DELETE", f"/items/{first}")
check("DELETE gives 200", status == 200, (status, body))
status, _, body = ask("DELETE", f"/items/{first}")
check("DELETE of an absent item gives 404", status == 404, (status, body))
status, _, body = ask("GET", "/nowhere")
check("an unknown route gives 403 as AWS answers", status == 403 and "Missing Authentication Token" in json.dumps(body), (status, body))
status, _, body = ask("POST", "/items", raw=b"<a/>", headers={"Content-Type": "application/xml"})
check("a wrong content type gives 415", status == 415, (status, body))
status, _, body = ask("GET", "/items", headers={"Host": "elsewhere.example"})
check("another machine's name is refused", status == 403, (status, body))
finish()
