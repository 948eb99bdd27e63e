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
