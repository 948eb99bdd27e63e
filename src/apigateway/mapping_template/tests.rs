//! Tests of `mapping_template`: its rules, one by one.

use super::*;

fn render(template: &str, variables: &str) -> String {
    let Value::Object(variables) = Value::parse(variables).unwrap() else {
        panic!("variables are an object")
    };
    let variables =
        variables.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    let scope = TemplateScope { variables, ..TemplateScope::default() };
    Template::parse(template)
        .and_then(|template| template.render(&scope))
        .map_or_else(|error| format!("ERROR {error}"), |it| it.text)
}

#[track_caller]
fn check(template: &str, expected: &str) {
    assert_eq!(render(template, "{}"), expected, "{template}");
}

#[test]
fn nothing_is_the_empty_string() {
    check("[$none] [${none.of.it}] [$!none]", "[] [] []");
    check("#if($none)yes#end #if(!$none)no#end", "yes ");
    check("#if($none == '' && $none == $null)yes#end", "yes");
}

#[test]
fn white_space_goes_with_the_directive() {
    check("a\n  #set($x = 1)\nb", "a\nb");
    check("#if(true)\nyes\n#end\nafter", "yes\nafter");
    check("#if(false)\nyes\n#else \nno\n#end\nafter", "no\nafter");
    check("a ## comment\nb", "a b");
    check("a#* c\n *#\nb", "a\nb");
    check("#[[ $x #if ]]#", " $x #if ");
}

#[test]
fn text_that_only_looks_like_a_directive_is_text() {
    check(
        "SET #n = :n, #owner = ($x) color: #13ff93 $ $1 #",
        "SET #n = :n, #owner = () color: #13ff93 $ $1 #",
    );
    check("if attribute_exists(#id) #set #if", "if attribute_exists(#id) #set #if");
}

#[test]
fn escapes_keep_a_reference_from_being_read() {
    check(r"#set($x = 1)\$x \\$x \$none", r"$x \1 \$none");
    check(r"\#set($x = 1)", r"#set($x = 1)".replace("$x", "").as_str());
}

#[test]
fn methods_are_those_of_java() {
    check(
        "#set($s = 'a,b,,c,,')$s.split(',').size() $s.substring(2, 3) $s.indexOf('c') $s.replaceAll('([a-c])', '<$1>')",
        "4 b 5 <a>,<b>,,<c>,,",
    );
    check(
        "#set($l = [1, 2])$l.add(3) $l $l.contains(2) $l.remove(0) $l",
        "true [1, 2, 3] true 1 [2, 3]",
    );
    check(
        "#set($m = {'a': 1})#foreach($e in $m.entrySet())$e.key=$e.value $e#end $m.size()",
        "a=1 a=1 1",
    );
    check("#set($i = 0)$i.parseInt('42')", "42");
    check("#set($s = 'é😀x')$s.length() $s.charAt(3)", "4 x");
}

#[test]
fn values_print_as_java_prints_them() {
    let scope = TemplateScope {
        body: r#"{"a":{"b":[{"c":null}],"d":1.50}}"#.to_owned(),
        ..TemplateScope::default()
    };
    let text = |template: &str| Template::parse(template).unwrap().render(&scope).unwrap().text;
    assert_eq!(text("$input.path('$')"), r#"{a={b=[{"c":null}], d=1.5}}"#);
    assert_eq!(
        text("$input.json('$.a.d') $input.json('$.none') $input.path('$.none')|"),
        r#"1.5 "" |"#
    );
}

#[test]
fn a_broken_template_says_where() {
    let error = Template::parse("ok\n  #if($a == )x#end").unwrap_err();
    assert_eq!(error.to_string(), "`)` starts no value (line 2, column 13)");
    assert_eq!(
        Template::parse("#foreach($a in $b)").unwrap_err().message,
        "#foreach is not closed by #end"
    );
    assert_eq!(Template::parse("x #end").unwrap_err().message, "#end has no directive to close");
}

#[test]
fn nothing_grows_or_loops_without_end() {
    let nested = |text: &str| text.repeat(50_000);
    for template in [
        nested("#if(true)"),
        format!("#set($a = {}1", nested("(")),
        format!("#set($a = {}1", nested("[")),
        format!("#set($a = {}1", nested("!")),
        format!("#set($a = {}1)", nested("-")),
        nested("$a["),
        nested("$a.b("),
        nested("#a("),
        nested("#macro("),
        "#macro(m)#m()#end#m()".to_owned(),
        "#define($d)$d#end$d".to_owned(),
        "#set($s = '#evaluate($s)')#evaluate($s)".to_owned(),
        "#set($s = 'x')#foreach($i in [1..999])#set($s = \"$s$s\")#end".to_owned(),
        "#set($a = [])#foreach($i in [1..999])#set($a = [$a, $a])#end$a $a.equals([])".to_owned(),
        "#set($m = {})#set($m.m = $m)$m".to_owned(),
        "#foreach($i in [1..999])#foreach($j in [1..999])#foreach($k in [1..999])x#end#end#end"
            .to_owned(),
        "#foreach($i in [0..99999999999])#end".to_owned(),
        "#set($s = 'aaaaaaaaaa')$s.repeat(999999999)".to_owned(),
    ] {
        let shown: String = template.chars().take(60).collect();
        assert!(
            render(&template, "{}").starts_with("ERROR")
                || template.starts_with("$a[")
                || template.starts_with("#a("),
            "{shown}"
        );
    }
    let chain = format!("#set($a = 1{})$a", nested(" + 1"));
    assert_eq!(render(&chain, "{}"), "50001");
}

#[test]
fn overrides_are_written_through_the_context() {
    let context = Value::parse(r#"{"responseOverride":{"header":{},"status":0}}"#).unwrap();
    let scope = TemplateScope { context, ..TemplateScope::default() };
    let template = "#set($context.responseOverride.status = 404)#set($context.responseOverride.header.X-Y = \"$context.none\")";
    let rendered = Template::parse(template).unwrap().render(&scope).unwrap();
    assert_eq!(
        rendered.context.to_string(),
        r#"{"responseOverride":{"header":{"X-Y":""},"status":404}}"#
    );
}

/// What a template makes when it may do so much work, and the work that was counted.
fn worked(template: &str, body: &str, most: usize) -> (Result<String, String>, usize) {
    let scope = TemplateScope { body: body.to_owned(), ..TemplateScope::default() };
    let template = Template::parse(template).unwrap();
    let mut renderer = render::Renderer::new(&template, &scope, most);
    let rendered = renderer.render(&template, &scope);
    (rendered.map(|it| it.text).map_err(|error| error.to_string()), renderer.heap.work())
}

#[test]
fn what_is_done_to_large_texts_is_work_and_work_is_limited() {
    const BODY: usize = 100_000;
    const MOST: usize = 20_000_000;
    let nested = format!("{}0{}", "[".repeat(12), "]".repeat(12));
    let body = format!(
        "{{\"a\":\"{}\",\"b\":[1,2],\"n\":{nested},\"d\":\"{}\"}}",
        "x".repeat(BODY),
        "${".repeat(BODY / 2)
    );
    let twice = |inner: &str| {
        format!(
            "#set($t = $input.path('$.a'))#set($s = \"${{t}}y\")#set($z = \"${{t}}y\")#set($l = [$t, $s])#set($m = {{'k': $s}})\
             #set($r = [1..50000])#set($a = 'a')#set($e = [])#set($o = [1])#set($d = $input.path('$.d'))\
             #foreach($i in [1..1000])#foreach($j in [1..1000]){inner}#end#end"
        )
    };
    for (inner, least) in [
        ("#if($t.contains($s))#end", BODY),
        ("#if($t.indexOf($s) == 1)#end", BODY),
        ("#set($x = $t.length())", BODY),
        ("#set($x = $t.hashCode())", BODY),
        ("#set($x = $t.equalsIgnoreCase($s))", BODY),
        ("#set($x = $t.compareTo($s))", BODY),
        ("#set($x = $t.replace('y', ''))", BODY),
        ("#set($x = $t.replaceAll('[^a]', ''))", BODY),
        ("#set($x = $t.matches('x*y'))", BODY),
        ("#set($x = $t.split(','))", BODY),
        ("#set($x = $i.parseInt($t))", BODY),
        ("#set($x = $a.replaceAll('b', $t))", BODY),
        ("#set($x = $a.replaceAll('b', $d))", BODY),
        ("#set($x = $e.containsAll($r))", 32),
        ("#set($x = $o.containsAll($r))", 64),
        (
            "#set($x = $input.path('$.n[0,0][0,0][0,0][0,0][0,0][0,0][0,0][0,0][0,0][0,0][0,0][0,0].x'))",
            4096,
        ),
        ("#set($x = $input.path('$.n[0:][0:][0:].x'))", BODY),
        ("#if($s == $z)#end", BODY / 8),
        ("#if($s.equals($z))#end", BODY / 8),
        ("#if($l == [$t, $z])#end", BODY / 8),
        ("#if($l.contains($z))#end", BODY / 8),
        ("#if($m.equals({'k': $z}))#end", BODY / 8),
        ("#if($m.containsValue($z))#end", BODY / 8),
        ("#if($m.containsKey($t))#end", BODY),
        ("#if($m[$t])#end", BODY),
        ("#set($x = \"$t\")", BODY / 8),
        ("#set($x = $t + '')", BODY / 8),
        ("#set($x = $l.toString())", BODY),
        ("#set($x = $input.json('$.a'))", BODY),
        ("#set($x = $input.path('$..a'))", BODY),
        ("#set($x = $input.path('$.b[?(@ > 1)]'))", BODY),
        ("#set($x = $util.urlEncode($t))", BODY),
        ("#set($x = $util.parseJson($t))", BODY),
    ] {
        let (rendered, work) = worked(&twice(inner), &body, MOST);
        let error = rendered.expect_err(inner);
        let ended_by_work = error.starts_with("the template works through more than 20 MB");
        assert!(ended_by_work || error.contains("more than 100 MB of text"), "{inner}: {error}");
        assert!(work > MOST || !ended_by_work, "{inner}");
        // One round costs what it looks at, so the last one began below the limit and no round is free.
        let (_, once) = worked(&twice(inner).replace("1000", "1"), &body, MOST);
        let (_, set_up) = worked(&twice("").replace("1000", "1"), &body, MOST);
        assert!(once - set_up >= least, "{inner}: {} is counted for one round", once - set_up);
    }
}

#[test]
fn a_template_is_no_longer_than_a_template_is() {
    let long = "$a".repeat(600_000);
    assert!(Template::parse(&long).unwrap_err().message.contains("longer than"));
    let body = format!("\"{}\"", "#x()".repeat(300_000));
    let evaluated = worked("#evaluate($input.path('$'))", &body, value::MAX_WORK).0;
    assert!(evaluated.unwrap_err().contains("longer than"));
}

#[test]
fn nothing_small_becomes_endless_work() {
    let nest = |inner: &str| {
        format!(
            "#foreach($i in [1..1000])#foreach($j in [1..1000])#foreach($k in [1..1000]){inner}#end#end#end"
        )
    };
    for template in [
        // entries within entries
        format!("#set($m = {{'a': 1}}){}$m", nest("#foreach($e in $m.entrySet())#set($m.a = $e)#end")),
        // a list that is moved along, and one that is looked through
        format!("#set($l = []){}", nest("#set($x = $l.add(0, $i))")),
        format!("#set($l = [1..50000]){}", nest("#foreach($x in $l)#break#end")),
        format!("#set($m = {{}})#set($l = [1..50000]){}", nest("#if($l.contains('x'))#end")),
        // matches that are only known at the end of the text, and an expression that is compiled anew
        "#set($s = 'a')#set($s = $s.repeat(100000))$s.replaceAll('.*b|a', 'c')".to_owned(),
        nest("#set($p = \"(a{$k}){$j}\")#set($x = $p.matches($p))"),
        "#set($s = 'a')#set($s = $s.repeat(1000000))$s.replaceAll('(a*)', '$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1')".to_owned(),
    ] {
        let shown: String = template.chars().take(160).collect();
        let (rendered, work) = worked(&template, "", 50_000_000);
        assert!(rendered.is_err(), "{shown}: {work} bytes of work");
    }
    // a text that stands in a list many times, and one that stands at every level of a document
    let body = format!("[\"{}\"]", "x".repeat(1_000_000));
    let many = "#set($l = $input.path('$'))#set($t = $l[0])#foreach($i in [1..1000])#set($x = $l.add($t))#end$l";
    assert_eq!(
        worked(many, &body, value::MAX_WORK).0.unwrap_err(),
        "a value's text is longer than 25 MB"
    );
    let body = format!("{}\"{}\"{}", "[".repeat(200), "x".repeat(200_000), "]".repeat(200));
    let levels = "$input.json('$..*')";
    assert_eq!(
        worked(levels, &body, value::MAX_WORK).0.unwrap_err(),
        "a value's text is longer than 25 MB"
    );
}

#[test]
fn what_templates_do_with_large_bodies_is_far_from_the_limits() {
    let item = r#"{"id":"0123456789","name":"a name","tags":["x","y"],"note":"it's \"fine\""}"#;
    let body = format!("{{\"items\":[{}]}}", vec![item; 5000].join(","));
    let template = "#foreach($i in $input.path('$.items'))#if($i.name.contains('a') && $i.note != '')\
                    $util.escapeJavaScript($i.note).replaceAll(\"\\\\'\", \"'\") $i.tags#end#end\
                    $util.escapeJavaScript($input.json('$')) $input.json('$.items[*].id')";
    let (rendered, work) = worked(template, &body, value::MAX_WORK);
    assert!(rendered.is_ok_and(|it| it.len() > body.len()));
    assert!(work < value::MAX_WORK / 10, "{work}");
}
