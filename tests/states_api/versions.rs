//! Versions and aliases of machines, asked for by the real SDK.

use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::RoutingConfigurationListItem;

use super::serving::{machine_arn, refusal, serve_machines, wait};
use super::{PASS, ended};

fn returning(text: &str) -> String {
    format!(r#"{{"StartAt":"A","States":{{"A":{{"Type":"Pass","Result":"{text}","End":true}}}}}}"#)
}

fn route(arn: &str, weight: i32) -> RoutingConfigurationListItem {
    let route = RoutingConfigurationListItem::builder().state_machine_version_arn(arn);
    route.weight(weight).build().expect("a route")
}

async fn output(client: &Client, arn: &str) -> String {
    let call = client.start_execution().state_machine_arn(arn).send().await;
    let arn = call.expect("it starts").execution_arn;
    ended(client, &arn).await["output"].as_str().expect("an output").to_owned()
}

/// A machine with two versions that return "one" and "two", and is "three" now.
async fn published(client: &Client) -> String {
    let create = client.create_state_machine().name("many").role_arn("arn:aws:iam::1:role/r");
    let created = create.definition(returning("one")).publish(true).send().await.expect("created");
    let arn = created.state_machine_arn;
    assert_eq!(created.state_machine_version_arn, Some(format!("{arn}:1")));
    let update = client.update_state_machine().state_machine_arn(&arn);
    let update = update.definition(returning("two")).publish(true).version_description("second");
    let updated = update.send().await.expect("updated");
    assert_eq!(updated.state_machine_version_arn, Some(format!("{arn}:2")));
    let update = client.update_state_machine().state_machine_arn(&arn);
    update.definition(returning("three")).send().await.expect("updated");
    arn
}

#[test]
fn a_version_stays_what_it_was_when_it_was_published() {
    let serving = serve_machines(&[("pass", PASS)]);
    wait(async {
        let client = serving.client();
        let arn = published(&client).await;
        let (one, two) = (format!("{arn}:1"), format!("{arn}:2"));
        assert_eq!(output(&client, &one).await, "\"one\"");
        assert_eq!(output(&client, &two).await, "\"two\"");
        assert_eq!(output(&client, &arn).await, "\"three\"");

        let described = client.describe_state_machine().state_machine_arn(&two);
        let described = described.send().await.expect("it is there");
        assert_eq!(described.definition, returning("two"));
        assert_eq!(described.description.as_deref(), Some("second"));
        let ran = client.list_executions().state_machine_arn(&one).send().await.expect("a list");
        assert_eq!(ran.executions.len(), 1);
        assert_eq!(ran.executions[0].state_machine_version_arn.as_deref(), Some(one.as_str()));
        let all = client.list_executions().state_machine_arn(&arn).send().await.expect("a list");
        assert_eq!(all.executions.len(), 3);

        // Nothing has changed after the third, which is the same then; a deleted number does not come back.
        let publish = || client.publish_state_machine_version().state_machine_arn(&arn).send();
        let three = publish().await.expect("published").state_machine_version_arn;
        assert_eq!(three, format!("{arn}:3"));
        assert_eq!(publish().await.expect("published").state_machine_version_arn, three);
        let delete = client.delete_state_machine_version().state_machine_version_arn(&three);
        delete.send().await.expect("deleted");
        let four = publish().await.expect("published").state_machine_version_arn;
        assert_eq!(four, format!("{arn}:4"));
        assert_eq!(
            refusal(client.start_execution().state_machine_arn(&three).send().await),
            format!("StateMachineDoesNotExist: State Machine Does Not Exist: '{three}'")
        );
        let list = client.list_state_machine_versions().state_machine_arn(&arn).max_results(2);
        let page = list.send().await.expect("a page");
        let arns =
            page.state_machine_versions.iter().map(|it| it.state_machine_version_arn.as_str());
        assert_eq!(arns.collect::<Vec<_>>(), [four.as_str(), two.as_str()]);
        let list = client.list_state_machine_versions().state_machine_arn(&arn);
        let rest = list.next_token(page.next_token.expect("more")).send().await.expect("a page");
        assert_eq!(rest.state_machine_versions.len(), 1);

        // A file's machine has versions too.
        let own = client.publish_state_machine_version().state_machine_arn(machine_arn("pass"));
        own.send().await.expect("published");
        assert_eq!(output(&client, &format!("{}:1", machine_arn("pass"))).await, "{}");
        let stale = client.publish_state_machine_version().state_machine_arn(&arn);
        let stale = refusal(stale.revision_id("other").send().await);
        assert!(stale.starts_with("ConflictException: Failed to publish"), "{stale}");
    });
}

#[test]
fn an_alias_shares_executions_out_between_its_versions() {
    let serving = serve_machines(&[("pass", PASS)]);
    wait(async {
        let client = serving.client();
        let arn = published(&client).await;
        let (one, two) = (format!("{arn}:1"), format!("{arn}:2"));
        let create = |name: &str, routes: Vec<RoutingConfigurationListItem>| {
            let call = client.create_state_machine_alias().name(name);
            call.set_routing_configuration(Some(routes)).send()
        };
        let live = create("live", vec![route(&one, 100)]).await.expect("created");
        let live = live.state_machine_alias_arn;
        assert_eq!(live, format!("{arn}:live"));
        assert_eq!(output(&client, &live).await, "\"one\"");
        let update = client.update_state_machine_alias().state_machine_alias_arn(&live);
        let update =
            update.routing_configuration(route(&one, 50)).routing_configuration(route(&two, 50));
        update.send().await.expect("updated");
        let mut seen = [output(&client, &live).await, output(&client, &live).await];
        seen.sort();
        assert_eq!(seen, ["\"one\"", "\"two\""]);
        let ran = client.list_executions().state_machine_arn(&live).send().await.expect("a list");
        assert_eq!(ran.executions.len(), 3);
        assert!(ran.executions.iter().all(|it| it.state_machine_alias_arn.as_ref() == Some(&live)));

        for (name, routes, words) in [
            (
                "12",
                vec![route(&one, 100)],
                "ValidationException: 1 validation error detected: Value '12' at 'name'",
            ),
            (
                "a",
                vec![],
                "ValidationException: 1 validation error detected: Value '[]' at 'routingConfiguration'",
            ),
            (
                "a",
                vec![route(&one, 99)],
                "ValidationException: Sum of routing configuration weights must equal 100. Received: [99]",
            ),
            (
                "a",
                vec![route(&one, 50), route(&one, 50)],
                "ValidationException: Routing configuration must contain distinct",
            ),
            (
                "a",
                vec![route(&arn, 100)],
                "ValidationException: Routing configuration must contain state machine version ARNs",
            ),
            ("a", vec![route(&format!("{arn}:9"), 100)], "ResourceNotFound: "),
            ("live", vec![route(&two, 100)], "ConflictException: "),
            (
                "a",
                vec![route(&one, 101)],
                "ValidationException: 1 validation error detected: Value '101' at 'routingConfiguration.1.member.weight'",
            ),
        ] {
            let refused = refusal(create(name, routes).await);
            assert!(refused.starts_with(words), "{name}: {refused}");
        }
        let delete =
            || client.delete_state_machine_version().state_machine_version_arn(&one).send();
        let held = refusal(delete().await);
        assert!(held.starts_with("ConflictException: ") && held.ends_with("[live]"), "{held}");
        let gone = client.delete_state_machine_alias().state_machine_alias_arn(&live);
        gone.send().await.expect("deleted");
        delete().await.expect("nothing stands for it any more");
        assert!(
            refusal(client.start_execution().state_machine_arn(&live).send().await)
                .starts_with("StateMachineDoesNotExist: ")
        );
        let described = client.describe_state_machine_alias().state_machine_alias_arn(&live);
        assert!(refusal(described.send().await).starts_with("ResourceNotFound: "));
    });
}
