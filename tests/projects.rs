//! Opening projects: our samples, the published patterns, projects from the field, and everything that can be wrong.

use std::fs;
use std::path::{Path, PathBuf};

use stepwell::apigateway::IntegrationAction;
use stepwell::asl::{Severity, StateMachineType};
use stepwell::json::Value;
use stepwell::project::{self, MachineDefinition, Project, ProjectForm};
use stepwell::services::dynamodb::DynamoDb;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn open(path: impl AsRef<Path>) -> Project {
    let path = path.as_ref();
    project::open(path).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

/// A folder beside the package that holds test input; `None`, with a word, where it is absent.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn shared(folder: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")).join(folder);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("is in the folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn opened(files: &[(&str, &str)]) -> (tempfile::TempDir, Project) {
    let folder = folder(files);
    let project = open(folder.path());
    (folder, project)
}

fn state_names(machine: &MachineDefinition) -> Vec<String> {
    machine.machine.states().iter().map(|(path, _)| path.as_str().to_owned()).collect()
}

/// What the file says where a state's field is.
fn written<'m>(machine: &'m MachineDefinition, state: &str, field: &str) -> &'m str {
    let found =
        machine.machine.find(&stepwell::asl::StatePath::new(state)).expect("the state is there");
    let span = found.field_spans.get(field).expect("the field is there");
    machine
        .text
        .get(span.start..span.end)
        .unwrap_or_else(|| panic!("{span:?} of {}", machine.text.len()))
}

fn routes(project: &Project) -> Vec<String> {
    let resources = project.apis.iter().flat_map(|api| &api.resources);
    resources
        .flat_map(|resource| {
            resource.methods.keys().map(|verb| format!("{verb} {}", resource.path))
        })
        .collect()
}

const MACHINE: &str = r#"{"StartAt": "One", "States": {"One": {"Type": "Pass", "End": true}}}"#;

// -- our samples

#[test]
fn both_forms_of_the_crud_sample_open_with_machine_routes_and_table() {
    for (form, kind) in
        [("terraform", ProjectForm::Terraform), ("sam", ProjectForm::Cloudformation)]
    {
        let project = open(Path::new(ROOT).join("sample-machines/crud").join(form));
        assert_eq!(project.form, kind);
        assert_eq!(project.problems, []);
        let [machine] = project.machines.as_slice() else { panic!("{form}: one machine") };
        assert_eq!(machine.kind, StateMachineType::Express);
        assert_eq!(machine.diagnostics, [], "{form}");
        assert!(
            machine.substitutions.iter().all(|(_, value)| value.is_some()),
            "{:?}",
            machine.substitutions
        );
        let mut routes = routes(&project);
        routes.sort();
        let expected = [
            "DELETE /items/{id}",
            "GET /items",
            "GET /items/{id}",
            "POST /items",
            "PUT /items/{id}",
        ];
        assert_eq!(routes, expected, "{form}");
        for method in project.apis[0].resources.iter().flat_map(|it| it.methods.values()) {
            let integration = method.integration.as_ref().expect("every method has one");
            assert_eq!(integration.action, IntegrationAction::StartSyncExecution);
            let template = &integration.request_templates["application/json"];
            assert!(
                template.contains(&machine.arn),
                "{form}: the template starts this machine: {template}"
            );
        }
        let [table] = project.tables.as_slice() else { panic!("{form}: one table") };
        let named =
            machine.substitutions.iter().any(|(_, value)| value.as_deref() == Some(&table.name));
        assert!(named, "{form}: the machine uses the table");
        DynamoDb::new()
            .and_then(|database| database.create_table(table))
            .expect("the table can be made");
        assert!(!project.example_requests.is_empty());
    }
}

#[test]
fn every_sample_opens_without_a_finding() {
    let samples = fs::read_dir(Path::new(ROOT).join("sample-machines")).expect("there are samples");
    let mut count = 0;
    for sample in samples.flatten().filter(|it| it.path().is_dir()) {
        let project = open(sample.path());
        count += 1;
        assert_eq!(project.problems, [], "{}", sample.path().display());
        for machine in &project.machines {
            assert_eq!(machine.diagnostics, [], "{}", machine.name);
            assert!(!state_names(machine).is_empty());
        }
        let is_crud = !project.apis.is_empty();
        assert!(
            is_crud || !project.example_inputs.is_empty(),
            "{}: an input to start with",
            sample.path().display()
        );
        if let Some(mocks) = &project.mocks {
            for name in mocks.machines() {
                assert!(
                    project.machines.iter().any(|it| it.name == name),
                    "{name} is mocked and not there"
                );
            }
        }
    }
    assert!(count >= 5, "{count} samples");
}

// -- the published patterns, as they are

#[test]
fn both_published_patterns_open_as_they_are() {
    let Some(root) = shared("crud-pattern") else { return };
    for (form, table, action) in [
        ("sam", "DataBase", IntegrationAction::StartSyncExecution),
        ("terraform", "API_SF_CRUD-DB", IntegrationAction::StartExecution),
    ] {
        let project = open(root.join(form));
        assert_eq!(project.problems, []);
        assert_eq!(routes(&project), ["ANY /", "ANY /{id}"]);
        let machine = &project.machines[0];
        assert_eq!((project.machines.len(), machine.kind), (1, StateMachineType::Express));
        assert_eq!(state_names(machine).len(), 8);
        assert_eq!(project.tables[0].name, table);
        let root_method = &project.apis[0].resources[0].methods["ANY"];
        let integration = root_method.integration.as_ref().expect("has one");
        assert_eq!(integration.action, action);
        assert_eq!(integration.responses.len(), 2);
        assert_eq!(project.example_requests.len(), 5, "the Postman collection beside it");
    }
    // The Terraform form forgets to fill its placeholder in, and the faulty machine is shown as it is deployed.
    let project = open(root.join("terraform"));
    assert!(project.machines[0].machine.source.contains("${DDBTable}"));
    assert!(project.machines[0].substitutions.is_empty());
}

// -- projects from the field

#[test]
fn nearly_all_projects_from_the_field_give_their_machines() {
    let Some(root) = shared("realworld") else { return };
    let index = fs::read_to_string(root.join("iac-index.json")).expect("an index");
    let index: serde_json::Value = serde_json::from_str(&index).expect("JSON");
    let entries = index.as_array().expect("a list");
    let (mut with_machines, mut as_many) = (0, 0);
    for entry in entries {
        let folder = root.join(entry["folder"].as_str().expect("a folder"));
        let found = project::open(&folder).map_or(0, |project| {
            for machine in &project.machines {
                for diagnostic in &machine.diagnostics {
                    assert!(
                        diagnostic.span.end <= machine.text.len(),
                        "{}: a place in the file",
                        folder.display()
                    );
                }
            }
            project.machines.len()
        });
        with_machines += usize::from(found > 0);
        as_many += usize::from(entry["machines"].as_u64() == u64::try_from(found).ok());
    }
    println!(
        "{with_machines} of {} projects give machines, {as_many} exactly as many as counted",
        entries.len()
    );
    assert!(with_machines >= 205, "{with_machines}");
    assert!(as_many >= 198, "{as_many}");
}

#[test]
fn every_definition_from_the_field_opens() {
    let Some(root) = shared("realworld/asl") else { return };
    let mut count = 0;
    for file in fs::read_dir(root).expect("files").flatten().filter(|it| it.path().is_file()) {
        let project = open(file.path());
        assert_eq!(project.machines.len(), 1, "{}", file.path().display());
        count += 1;
    }
    assert!(count > 700, "{count}");
}

// -- single files

#[test]
fn a_definition_is_opened_in_both_languages_with_what_lies_beside_it() {
    let yaml = "StartAt: One\nStates:\n  One:\n    Type: Pass\n    End: true\n";
    let mocks = r#"{"StateMachines": {"a": {"TestCases": {"C": {"One": "R"}}}}, "MockedResponses": {"R": {"0": {"Return": 1}}}}"#;
    let folder = folder(&[
        ("a.asl.json", MACHINE),
        ("b.asl.yaml", yaml),
        ("c.yml", yaml),
        ("a.input.json", "{\"x\": 1}"),
        ("MockConfigFile.json", mocks),
        ("requests.http", "### Try\nGET http://localhost/items\n"),
    ]);
    for (file, name) in [("a.asl.json", "a"), ("b.asl.yaml", "b"), ("c.yml", "c")] {
        let project = open(folder.path().join(file));
        assert_eq!(project.machines.len(), 1);
        assert_eq!(project.machines[0].name, name);
        assert_eq!(project.machines[0].diagnostics, []);
        assert_eq!(project.example_inputs, [("a".to_owned(), "{\"x\": 1}".to_owned())]);
        assert_eq!(
            project.mocks.as_ref().map(|mocks| mocks.cases("a")),
            Some(vec!["C".to_owned()])
        );
        assert_eq!(project.example_requests[0].0, "Try");
        assert!(project.files.iter().any(|it| it.ends_with(file)), "it is watched");
    }
    let whole = open(folder.path());
    assert_eq!(
        whole.machines.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(),
        ["a", "b", "c"]
    );
}

#[test]
fn a_broken_file_still_opens_with_places() {
    let folder = folder(&[
        (
            "broken.asl.json",
            "{\"StartAt\": \"One\", \"States\": {\"One\": {\"Type\": \"Pass\", \"End\": true},\n \"Two\"",
        ),
        ("words.json", "this is no JSON"),
        ("bom.json", &format!("\u{feff}{MACHINE}")),
        (
            "twice.json",
            r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}, "A": {"Type": "Fail"}}}"#,
        ),
    ]);
    let project = open(folder.path().join("broken.asl.json"));
    assert_eq!(state_names(&project.machines[0])[0], "One", "what can be understood is there");
    assert!(project.machines[0].diagnostics.iter().any(|it| it.severity == Severity::Error));
    assert!(!open(folder.path().join("words.json")).machines[0].diagnostics.is_empty());
    assert_eq!(open(folder.path().join("bom.json")).machines[0].diagnostics, []);
    assert!(!open(folder.path().join("twice.json")).machines[0].diagnostics.is_empty());
}

#[test]
fn odd_names_and_sizes_open() {
    let named =
        r#"{"StartAt": "检查库存\n🚀", "States": {"检查库存\n🚀": {"Type": "Pass", "End": true}}}"#;
    let many: Vec<String> = (0..10_000)
        .map(|at| format!(r#""S{at}": {{"Type": "Pass", "Next": "S{}"}}"#, at + 1))
        .collect();
    let many = format!(
        r#"{{"StartAt": "S0", "States": {{{}, "S10000": {{"Type": "Succeed"}}}}}}"#,
        many.join(",")
    );
    let deep = (0..200).fold(String::from(MACHINE), |inner, _| {
        format!(r#"{{"StartAt": "P", "States": {{"P": {{"Type": "Parallel", "End": true, "Branches": [{inner}]}}}}}}"#)
    });
    let folder =
        folder(&[("named.asl.json", named), ("many.asl.json", &many), ("deep.asl.json", &deep)]);
    assert_eq!(
        state_names(&open(folder.path().join("named.asl.json")).machines[0]),
        ["检查库存\n🚀"]
    );
    assert_eq!(state_names(&open(folder.path().join("many.asl.json")).machines[0]).len(), 10_001);
    // Deep definitions are read on whatever stack the caller has; a worker's is as large as this.
    let path = folder.path().join("deep.asl.json");
    let reader = std::thread::Builder::new().stack_size(8 * 1024 * 1024).spawn(move || {
        let project = open(path);
        project.machines[0].diagnostics.len()
    });
    reader.expect("a thread").join().expect("no panic");
}

// -- nothing to open

fn refused(path: &Path) -> project::OpenError {
    let err =
        project::open(path).map(|project| project.machines.len()).expect_err("nothing to open");
    assert!(!err.remedy.is_empty(), "{err}");
    err
}

#[test]
fn what_cannot_be_opened_is_said_with_a_remedy() {
    let folder = folder(&[
        ("notes.md", "# Notes"),
        ("package.json", "{\"name\": \"x\"}"),
        ("sub/readme.txt", "hello"),
    ]);
    let message = |name: &str| refused(&folder.path().join(name)).message;
    assert!(refused(folder.path()).message.starts_with("This folder holds no state machine"));
    assert!(message("package.json").starts_with("This file holds no state machine"));
    assert!(message("notes.md").starts_with("This file holds no state machine"));
    assert!(message("nowhere/at.json").starts_with("There is nothing at this path"));
    let large = fs::File::create(folder.path().join("large.json")).expect("a file");
    large.set_len(50 * 1024 * 1024).expect("a sparse file");
    assert!(
        message("large.json")
            .contains("too large: it has 50 MB, and files of up to 16 MB are read")
    );
    fs::write(folder.path().join("binary.json"), [0xff, 0xfe, 0x00, 0x80]).expect("a file");
    assert!(message("binary.json").contains("not text in UTF-8"));
}

#[cfg(unix)]
#[test]
fn a_folder_without_permission_is_said() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder(&[("in/a.asl.json", MACHINE)]);
    let inner = folder.path().join("in");
    fs::set_permissions(&inner, fs::Permissions::from_mode(0o000)).expect("ours");
    if fs::read_dir(&inner).is_ok() {
        println!("skipped: this user may read everything");
    } else {
        assert!(refused(&inner).message.starts_with("This may not be read: permission denied"));
        assert!(refused(&inner.join("a.asl.json")).message.starts_with("This may not be read"));
    }
    fs::set_permissions(&inner, fs::Permissions::from_mode(0o755)).expect("ours");
}

// -- nothing outside the folder is read

#[cfg(unix)]
#[test]
fn an_imported_project_reads_nothing_outside_its_folder() {
    let outer = folder(&[("secret.asl.json", MACHINE), ("project/.keep", "")]);
    let root = outer.path().join("project");
    std::os::unix::fs::symlink("../secret.asl.json", root.join("link.asl.json")).expect("a link");
    let absolute = outer.path().join("secret.asl.json");
    let template = format!(
        "Resources:\n{}",
        ["../secret.asl.json", "link.asl.json", &absolute.display().to_string()]
            .iter()
            .enumerate()
            .map(|(at, path)| format!(
                "  M{at}:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      DefinitionUri: {path}\n"
            ))
            .collect::<String>()
    );
    fs::write(root.join("template.yaml"), template).expect("a file");
    fs::write(
        root.join("main.tf"),
        "resource \"aws_sfn_state_machine\" \"m\" {\n  name = \"m\"\n  role_arn = \"\"\n  definition = file(\"${path.module}/../secret.asl.json\")\n}\nmodule \"up\" {\n  source = \"../\"\n}\n",
    )
    .expect("a file");
    let project = open(&root);
    assert!(project.machines.is_empty());
    let outside = project
        .problems
        .iter()
        .filter(|it| it.diagnostic.message.contains("outside the project's folder"));
    assert_eq!(outside.count(), 5, "{:#?}", project.problems);
    assert!(project.files.iter().all(|file| !file.ends_with("secret.asl.json")));
}

// -- CloudFormation

#[test]
fn a_template_resolves_its_functions_and_keeps_the_rest_visible() {
    let template = r#"
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Stage: {Type: String, Default: test}
  Secret: {Type: String}
Mappings:
  Limits: {test: {Concurrency: 7}}
Conditions:
  IsTest: !Equals [!Ref Stage, test]
Resources:
  Inline:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      StateMachineName: !Sub 'inline-${Stage}'
      StateMachineType: !If [IsTest, EXPRESS, STANDARD]
      DefinitionSubstitutions:
        Function: !GetAtt Work.Arn
        Hidden: !Ref Secret
      DefinitionString: !Sub |
        {
          "StartAt": "Call",
          "States": {
            "Call": {"Type": "Task", "Resource": "${Function}", "Comment": "${Hidden}", "Next": "Each"},
            "Each": {"Type": "Map", "MaxConcurrency": 2, "End": true, "ItemProcessor": {
              "StartAt": "In", "States": {"In": {"Type": "Task", "Resource": "${Work.Arn}", "End": true}}}}
          }
        }
  Object:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition:
        StartAt: Wait
        States:
          Wait:
            Type: Wait
            Seconds: !FindInMap [Limits, !Ref Stage, Concurrency]
            Next: Send
          Send:
            Type: Task
            Resource: arn:aws:states:::sqs:sendMessage
            Parameters:
              QueueUrl: !Ref Queue
              MessageBody: !ImportValue other-stack
              Both: !Join ['-', [a, !Ref Stage]]
            End: true
  Work:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: work}
  Queue: {Type: AWS::SQS::Queue}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}, {AttributeName: sk, AttributeType: N}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: sk, KeyType: RANGE}]
      ProvisionedThroughput: {ReadCapacityUnits: "5", WriteCapacityUnits: 5}
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: orders}}
  Orders: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: orders}}
  Post:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Orders
      HttpMethod: POST
      AuthorizationType: NONE
      Integration:
        Type: AWS
        IntegrationHttpMethod: POST
        Uri: !Sub 'arn:aws:apigateway:${AWS::Region}:states:action/StartExecution'
        RequestTemplates: {application/json: !Sub '{"stateMachineArn": "${Inline}"}'}
        IntegrationResponses: [{StatusCode: 200}, {StatusCode: 400, SelectionPattern: '4\d{2}'}]
      MethodResponses: [{StatusCode: 200}]
"#;
    let (_folder, project) = opened(&[("template.yaml", template)]);
    assert_eq!(project.problems, []);
    let [inline, object] = project.machines.as_slice() else { panic!("two machines") };
    assert_eq!((inline.name.as_str(), inline.kind), ("inline-test", StateMachineType::Express));
    let substitutions = [
        (
            "Function".to_owned(),
            Some("arn:aws:lambda:us-east-1:123456789012:function:work".to_owned()),
        ),
        ("Hidden".to_owned(), None),
    ];
    assert_eq!(inline.substitutions, substitutions);
    assert_eq!(state_names(inline), ["Call", "Each", "Each/In"]);
    assert!(
        written(inline, "Call", "Resource").ends_with("\"${Function}\""),
        "a place in the template"
    );
    assert!(written(inline, "Call", "Comment").contains("${Hidden}"));
    assert_eq!(state_names(object), ["Wait", "Send"]);
    assert!(written(object, "Wait", "Seconds").contains("Seconds"), "a place in the template");
    let send = format!("{:?}", object.machine.find(&stepwell::asl::StatePath::new("Send")));
    for resolved in [
        "https://sqs.us-east-1.amazonaws.com/123456789012/Queue",
        "${ImportValue other-stack}",
        "a-test",
    ] {
        assert!(send.contains(resolved), "{resolved} in {send}");
    }
    DynamoDb::new()
        .and_then(|database| database.create_table(&project.tables[0]))
        .expect("the table can be made");
    assert_eq!(routes(&project), ["POST /orders"]);
    let method = &project.apis[0].resources[0].methods["POST"];
    let integration = method.integration.as_ref().expect("has one");
    assert_eq!(integration.action, IntegrationAction::StartExecution);
    assert!(integration.request_templates["application/json"].contains(&inline.arn));
    assert_eq!(integration.responses[1].selection_pattern, r"4\d{2}");
}

#[test]
fn a_missing_definition_is_a_problem_with_its_place() {
    let template = "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      DefinitionUri: none.asl.json\n";
    let (_folder, project) = opened(&[("template.yaml", template)]);
    let [problem] = project.problems.as_slice() else { panic!("one problem") };
    assert!(problem.diagnostic.message.contains("there is no file 'none.asl.json'"));
    assert_eq!((problem.place.line, problem.place.column), (5, 22));
}

// -- Terraform

#[test]
fn terraform_is_evaluated_as_far_as_the_files_allow() {
    let main = r#"
variable "stage" { default = "test" }
variable "secret" {}
locals {
  names = ["a", "b"]
  prefix = "app-${var.stage}"
  steps = { for name in local.names : upper(name) => { Type = "Pass", End = true } }
}
data "aws_region" "here" {}
resource "aws_lambda_function" "work" { function_name = "${local.prefix}-work" }
resource "aws_sfn_state_machine" "templated" {
  name       = "${local.prefix}-templated"
  role_arn   = ""
  type       = "EXPRESS"
  definition = templatefile("${path.module}/asl/machine.tftpl", {
    function = aws_lambda_function.work.arn
    names    = local.names
    secret   = var.secret
    limit    = 3
  })
}
resource "aws_sfn_state_machine" "encoded" {
  count    = 2
  name     = "encoded-${count.index}"
  role_arn = ""
  definition = jsonencode({
    StartAt = "A"
    States  = merge(local.steps, { Region = { Type = "Pass", Result = data.aws_region.here.name, End = true } })
  })
}
resource "aws_sfn_state_machine" "heredoc" {
  for_each   = toset(["x"])
  name       = each.key
  role_arn   = ""
  definition = <<-EOF
    {
      "StartAt": "Only",
      "States": {"Only": {"Type": "Wait", "Seconds": ${2 + 3}, "Comment": "${var.secret}", "End": true}}
    }
  EOF
}
resource "aws_sfn_state_machine" "none" {
  count      = var.stage == "prod" ? 1 : 0
  name       = "never"
  role_arn   = ""
  definition = "{}"
}
module "inner" {
  source = "./inner"
  table  = "${local.prefix}-items"
}
module "remote" { source = "terraform-aws-modules/lambda/aws" }
"#;
    let inner = r#"
variable "table" {}
resource "aws_dynamodb_table" "items" {
  name = var.table
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "id"
  dynamic "attribute" {
    for_each = ["id", "make"]
    content {
      name = attribute.value
      type = "S"
    }
  }
  global_secondary_index {
    name = "by-make"
    hash_key = "make"
    projection_type = "ALL"
  }
}
resource "aws_dynamodb_table_item" "first" {
  table_name = aws_dynamodb_table.items.name
  hash_key   = "id"
  item       = jsonencode({ id = { S = "1" } })
}
"#;
    let machine = r#"{
  "StartAt": "Call",
  "States": {
%{ for name in names ~}
    "Step ${name}": {"Type": "Pass", "Next": "Call"},
%{ endfor ~}
    "Call": {"Type": "Task", "Resource": "${function}", "Comment": "${secret}", "TimeoutSeconds": ${limit}, "End": true}
  }
}"#;
    let (_folder, project) =
        opened(&[("main.tf", main), ("inner/main.tf", inner), ("asl/machine.tftpl", machine)]);
    let names: Vec<_> = project.machines.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["app-test-templated", "encoded-0", "encoded-1", "x"]);
    let templated = &project.machines[0];
    assert!(templated.file.ends_with("asl/machine.tftpl"));
    assert_eq!(templated.kind, StateMachineType::Express);
    assert_eq!(state_names(templated), ["Step a", "Step b", "Call"]);
    assert!(
        written(templated, "Call", "Resource").ends_with("\"${function}\""),
        "places are in the template file"
    );
    assert!(
        templated
            .machine
            .states()
            .iter()
            .any(|(_, state)| state.comment.as_deref() == Some("${var.secret}"))
    );
    let secret = templated.substitutions.iter().find(|(name, _)| name == "secret");
    assert_eq!(secret, Some(&("secret".to_owned(), None)));
    let encoded = &project.machines[1];
    assert_eq!(state_names(encoded), ["A", "B", "Region"]);
    assert!(format!("{:?}", encoded.machine).contains("us-east-1"));
    assert!(encoded.file.ends_with("main.tf"));
    let heredoc = &project.machines[3];
    assert_eq!(written(heredoc, "Only", "Type"), "\"Type\": \"Wait\"");
    assert!(written(heredoc, "Only", "Seconds").contains("${2 + 3}"));
    let [table] = project.tables.as_slice() else { panic!("one table") };
    assert_eq!(table.name, "app-test-items");
    assert_eq!(table.items.len(), 1);
    DynamoDb::new()
        .and_then(|database| database.create_table(table))
        .expect("the table can be made");
    let [problem] = project.problems.as_slice() else { panic!("{:#?}", project.problems) };
    assert!(problem.diagnostic.message.starts_with("The module 'remote' can't be resolved"));
    assert_eq!(problem.place.line, 52);
}

#[test]
fn terraform_that_runs_in_circles_or_is_broken_ends() {
    let circle = "locals {\n  a = local.b\n  b = \"${local.a}!\"\n}\nmodule \"me\" {\n  source = \"./\"\n}\nresource \"aws_sfn_state_machine\" \"m\" {\n  name = local.a\n  definition = jsonencode({ StartAt = local.a, States = {} })\n}\n";
    let bomb = format!(
        "locals {{\n  x0 = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n{}}}\nresource \"aws_sfn_state_machine\" \"n\" {{\n  name = \"n\"\n  definition = jsonencode(local.x9)\n}}\n",
        (1..10)
            .map(|at| format!(
                "  x{at} = flatten([for a in local.x{} : local.x{}])\n",
                at - 1,
                at - 1
            ))
            .collect::<String>()
    );
    let deep = format!("locals {{\n  d = {}1{}\n}}\n", "[".repeat(5_000), "]".repeat(5_000));
    let (_folder, project) = opened(&[
        ("circle.tf", circle),
        ("bomb.tf", &bomb),
        ("deep.tf", &deep),
        ("broken.tf", "resource \"aws_sfn_state_machine\" {\n  name = \n"),
    ]);
    assert!(
        project.machines.iter().any(|it| it.name.contains("${local.")),
        "the circle stays visible"
    );
    let codes: Vec<_> = project.problems.iter().map(|it| it.diagnostic.code).collect();
    assert_eq!(codes.iter().filter(|it| **it == "terraform-syntax").count(), 2, "{codes:?}");
    assert!(codes.contains(&"terraform-module"));
}

#[test]
fn rest_apis_of_terraform_come_from_pieces_and_from_openapi() {
    let main = r##"
resource "aws_api_gateway_rest_api" "pieces" { name = "pieces" }
resource "aws_api_gateway_resource" "items" {
  rest_api_id = aws_api_gateway_rest_api.pieces.id
  parent_id   = aws_api_gateway_rest_api.pieces.root_resource_id
  path_part   = "items"
}
resource "aws_api_gateway_resource" "item" {
  rest_api_id = aws_api_gateway_rest_api.pieces.id
  parent_id   = aws_api_gateway_resource.items.id
  path_part   = "{id}"
}
resource "aws_api_gateway_request_validator" "body" {
  rest_api_id           = aws_api_gateway_rest_api.pieces.id
  name                  = "body"
  validate_request_body = true
}
resource "aws_api_gateway_model" "item" {
  rest_api_id  = aws_api_gateway_rest_api.pieces.id
  name         = "Item"
  content_type = "application/json"
  schema       = jsonencode({ type = "object", required = ["make"] })
}
resource "aws_api_gateway_method" "all" {
  for_each             = toset(["GET", "PUT"])
  rest_api_id          = aws_api_gateway_rest_api.pieces.id
  resource_id          = aws_api_gateway_resource.item.id
  http_method          = each.value
  authorization        = "NONE"
  request_validator_id = aws_api_gateway_request_validator.body.id
  request_models       = { "application/json" = aws_api_gateway_model.item.name }
  request_parameters   = { "method.request.path.id" = true }
}
resource "aws_api_gateway_integration_response" "early" {
  rest_api_id = aws_api_gateway_rest_api.pieces.id
  resource_id = aws_api_gateway_resource.item.id
  http_method = aws_api_gateway_method.all["GET"].http_method
  status_code = "200"
  response_templates = { "application/json" = "$input.json('$')" }
}
resource "aws_api_gateway_integration" "all" {
  for_each                = aws_api_gateway_method.all
  rest_api_id             = aws_api_gateway_rest_api.pieces.id
  resource_id             = aws_api_gateway_resource.item.id
  http_method             = "GET"
  type                    = "MOCK"
  passthrough_behavior    = "WHEN_NO_TEMPLATES"
}
resource "aws_api_gateway_stage" "v1" {
  rest_api_id   = aws_api_gateway_rest_api.pieces.id
  stage_name    = "v1"
  variables     = { machine = "m" }
}
resource "aws_api_gateway_gateway_response" "missing" {
  rest_api_id   = aws_api_gateway_rest_api.pieces.id
  response_type = "MISSING_AUTHENTICATION_TOKEN"
  status_code   = "404"
}
resource "aws_api_gateway_rest_api" "whole" {
  body = templatefile("api.yaml", { region = "eu-west-1" })
}
"##;
    let api = r##"
openapi: "3.0.1"
info: {title: whole, version: "1"}
x-amazon-apigateway-request-validators:
  all: {validateRequestBody: true, validateRequestParameters: true}
x-amazon-apigateway-request-validator: all
x-amazon-apigateway-gateway-responses:
  DEFAULT_5XX: {statusCode: 500, responseTemplates: {application/json: '{}'}}
paths:
  /things/{id}:
    parameters: [{$ref: '#/components/parameters/Id'}]
    put:
      parameters: [{name: dry, in: query}, {name: X-Trace, in: header, required: true}]
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
      responses:
        "200": {description: ok, headers: {Location: {schema: {type: string}}}}
      x-amazon-apigateway-integration:
        type: aws
        httpMethod: POST
        uri: arn:aws:apigateway:${region}:states:action/StartSyncExecution
        passthroughBehavior: never
        timeoutInMillis: 1000
        requestTemplates: {application/json: '{"input": "{}"}'}
        responses:
          default: {statusCode: "200"}
          "5\\d{2}": {statusCode: "500"}
components:
  parameters: {Id: {name: id, in: path, required: true}}
  schemas: {Thing: {type: object}}
"##;
    let (_folder, project) = opened(&[("main.tf", main), ("api.yaml", api)]);
    let [pieces, whole] = project.apis.as_slice() else { panic!("two APIs") };
    assert_eq!((pieces.name.as_str(), pieces.stage.as_str()), ("pieces", "v1"));
    assert_eq!(pieces.stage_variables["machine"], "m");
    assert_eq!(pieces.gateway_responses["MISSING_AUTHENTICATION_TOKEN"].status, Some(404));
    let item = pieces.resources.iter().find(|it| it.path == "/items/{id}").expect("the path");
    assert_eq!(item.methods.keys().collect::<Vec<_>>(), ["GET", "PUT"]);
    let get = &item.methods["GET"];
    assert!(get.validate_body && !get.validate_parameters);
    assert_eq!(get.request_models["application/json"], "Item");
    let integration = get.integration.as_ref().expect("has one");
    assert_eq!((&integration.action, integration.responses.len()), (&IntegrationAction::Mock, 1));
    assert_eq!(whole.name, "whole");
    let put = &whole.resources[0].methods["PUT"];
    assert!(put.validate_body && put.validate_parameters);
    let parameters: Vec<_> =
        put.request_parameters.iter().map(|(name, required)| (name.as_str(), *required)).collect();
    let expected = [
        ("method.request.path.id", true),
        ("method.request.querystring.dry", false),
        ("method.request.header.X-Trace", true),
    ];
    assert_eq!(parameters, expected);
    assert_eq!(put.request_models["application/json"], "Thing");
    assert!(put.responses["200"].parameters.contains_key("method.response.header.Location"));
    let integration = put.integration.as_ref().expect("has one");
    assert_eq!(integration.uri, "arn:aws:apigateway:eu-west-1:states:action/StartSyncExecution");
    assert_eq!(integration.timeout_millis, 1000);
    let patterns: Vec<_> =
        integration.responses.iter().map(|it| it.selection_pattern.as_str()).collect();
    assert_eq!(patterns, ["", r"5\d{2}"]);
    assert_eq!(whole.gateway_responses["DEFAULT_5XX"].status, Some(500));
}

#[test]
fn machines_of_one_name_are_told_apart() {
    let (_folder, project) = opened(&[("one/m.asl.json", MACHINE), ("two/m.asl.json", MACHINE)]);
    let names: Vec<_> =
        project.machines.iter().map(|it| (it.name.as_str(), it.arn.rsplit(':').next())).collect();
    assert_eq!(names, [("m", Some("m")), ("m-2", Some("m-2"))]);
}

#[test]
fn buckets_that_a_template_declares_are_there_without_an_object() {
    let machine = r#"{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}"#;
    let terraform = format!(
        r#"
variable "stage" {{ default = "test" }}
resource "aws_s3_bucket" "reports" {{ bucket = "reports-${{var.stage}}" }}
resource "aws_s3_bucket" "nameless" {{}}
resource "aws_s3_bucket" "each" {{
  for_each = toset(["a", "b"])
  bucket   = "many-${{each.key}}"
}}
resource "aws_sfn_state_machine" "m" {{
  name       = "m"
  role_arn   = "r"
  definition = <<EOF
{machine}
EOF
}}
"#
    );
    let (_folder, project) = opened(&[("main.tf", &terraform)]);
    assert_eq!(project.problems, []);
    let mut buckets = project.buckets;
    buckets.sort();
    assert_eq!(buckets, ["many-a", "many-b", "nameless", "reports-test"]);
    let template = r#"
Parameters: { Stage: { Type: String, Default: test } }
Resources:
  Reports: { Type: "AWS::S3::Bucket", Properties: { BucketName: !Sub "reports-${Stage}" } }
  Nameless: { Type: "AWS::S3::Bucket" }
  M:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: r
      Definition: { StartAt: P, States: { P: { Type: Pass, Result: !Ref Nameless, End: true } } }
"#;
    let (_folder, project) = opened(&[("template.yaml", template)]);
    assert_eq!(project.buckets, ["reports-test", "Nameless"]);
    let definition = project.machines[0].definition.text();
    let definition = Value::parse(&definition).expect("JSON whatever the file is");
    let result = definition.get("States").and_then(|it| it.get("P")?.get("Result"));
    assert_eq!(result.and_then(Value::as_str), Some("Nameless"), "as it would be deployed");
}

#[test]
fn machines_have_the_role_that_their_file_gives_them() {
    let role = |files: &[(&str, &str)]| {
        let (_folder, project) = opened(files);
        project.machines.first().expect("a machine").role_arn.clone()
    };
    let template = |role: &str| {
        format!(
            "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties: {{RoleName: runner}}\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    \
             Properties:\n      RoleArn: {role}\n      Definition: {{StartAt: A, States: {{A: {{Type: Succeed}}}}}}\n"
        )
    };
    let of_template = |text: &str| role(&[("template.yaml", &template(text))]);
    let written = "arn:aws:iam::123456789012:role/written";
    assert_eq!(of_template(written).as_deref(), Some(written));
    let named = of_template("!GetAtt R.Arn");
    assert_eq!(named.as_deref(), Some("arn:aws:iam::123456789012:role/runner"));
    assert_eq!(of_template("!ImportValue elsewhere"), None);
    let machine = format!(
        "resource \"aws_sfn_state_machine\" \"m\" {{\n  name = \"m\"\n  role_arn = \"{written}\"\n  definition = jsonencode({{ StartAt = \"A\", \
         States = {{ A = {{ Type = \"Succeed\" }} }} }})\n}}\n"
    );
    assert_eq!(role(&[("main.tf", &machine)]).as_deref(), Some(written));
    let definition = r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#;
    assert_eq!(role(&[("m.asl.json", definition)]), None);
}
