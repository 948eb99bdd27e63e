"""What a script of a user does, with boto3 as it comes: machines, executions, callbacks, activities, Map Runs."""

import json
import sys
import threading
import time

import boto3
from botocore.config import Config

URL = sys.argv[1]
CONFIG = Config(inject_host_prefix=False, retries={"max_attempts": 0})
sfn = boto3.client("stepfunctions", endpoint_url=URL, region_name="us-east-1", config=CONFIG)
sts = boto3.client("sts", endpoint_url=URL, region_name="us-east-1")


def is_equal(one, other):
    assert one == other, f"{one!r} is not {other!r}"


def ended(arn):
    for _ in range(400):
        it = sfn.describe_execution(executionArn=arn)
        if it["status"] != "RUNNING":
            return it
        time.sleep(0.01)
    raise AssertionError(f"{arn} does not end")


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except sfn.exceptions.ClientError as error:
        is_equal(error.response["Error"]["Code"], code)
        is_equal(error.response["ResponseMetadata"]["HTTPStatusCode"], 400)
        return error.response["Error"]["Message"]
    raise AssertionError(f"{code} was expected")


is_equal(sts.get_caller_identity()["Account"], "123456789012")

pages = sfn.get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 2})
arns = {it["name"]: it["stateMachineArn"] for page in pages for it in page["stateMachines"]}
is_equal(sorted(arns), ["activity", "callback", "fail", "map", "pass"])

started = [
    sfn.start_execution(stateMachineArn=arns["pass"], input=json.dumps({"n": n}))["executionArn"]
    for n in range(5)
]
for n, arn in enumerate(started):
    it = ended(arn)
    is_equal((it["status"], json.loads(it["output"])), ("SUCCEEDED", {"n": n}))
    assert it["stopDate"] >= it["startDate"]
pages = sfn.get_paginator("list_executions").paginate(
    stateMachineArn=arns["pass"], PaginationConfig={"PageSize": 2}
)
listed = [it["executionArn"] for page in pages for it in page["executions"]]
is_equal(listed, started[::-1])

failed = sfn.start_execution(stateMachineArn=arns["fail"])["executionArn"]
is_equal(ended(failed)["error"], "Orders.Late")
pages = sfn.get_paginator("get_execution_history").paginate(
    executionArn=failed, reverseOrder=True, PaginationConfig={"PageSize": 2}
)
events = [event for page in pages for event in page["events"]]
is_equal([event["id"] for event in events], [5, 4, 3, 2, 1])
is_equal(events[0]["executionFailedEventDetails"], {"error": "Orders.Late", "cause": "it is late"})
assert "Stepwell" in refused("ExecutionNotRedrivable", sfn.redrive_execution, executionArn=failed)
refused("InvalidArn", sfn.describe_execution, executionArn="nonsense")

callback = sfn.start_execution(stateMachineArn=arns["callback"])["executionArn"]
while True:
    history = sfn.get_execution_history(executionArn=callback)["events"]
    scheduled = [it["taskScheduledEventDetails"] for it in history if it["type"] == "TaskScheduled"]
    if scheduled:
        break
    time.sleep(0.01)
token = json.loads(scheduled[0]["parameters"])["MessageBody"]["token"]
sfn.send_task_heartbeat(taskToken=token)
sfn.send_task_success(taskToken=token, output='{"yes": true}')
is_equal(json.loads(ended(callback)["output"]), {"yes": True})
refused("TaskTimedOut", sfn.send_task_success, taskToken=token, output="{}")
refused("InvalidToken", sfn.send_task_failure, taskToken="nobody's")

activity = sfn.list_activities()["activities"][0]["activityArn"]


def work():
    worker = boto3.client("stepfunctions", endpoint_url=URL, region_name="us-east-1", config=CONFIG)
    for _ in range(3):
        task = worker.get_activity_task(activityArn=activity, workerName="w")
        number = json.loads(task["input"])["n"]
        worker.send_task_success(taskToken=task["taskToken"], output=str(number * 2))


workers = [threading.Thread(target=work) for _ in range(2)]
for worker in workers:
    worker.start()
tasks = [
    sfn.start_execution(stateMachineArn=arns["activity"], input=json.dumps({"n": n}))["executionArn"]
    for n in range(6)
]
for worker in workers:
    worker.join(20)
is_equal([ended(arn)["output"] for arn in tasks], ["0", "2", "4", "6", "8", "10"])

mapped = sfn.start_execution(stateMachineArn=arns["map"], input="[1,2,3]")["executionArn"]
is_equal(ended(mapped)["status"], "SUCCEEDED")
run = sfn.list_map_runs(executionArn=mapped)["mapRuns"][0]["mapRunArn"]
is_equal(sfn.describe_map_run(mapRunArn=run)["itemCounts"]["failed"], 1)
children = sfn.list_executions(mapRunArn=run)["executions"]
is_equal(sorted(it["status"] for it in children), ["FAILED", "SUCCEEDED", "SUCCEEDED"])

express = sfn.create_state_machine(
    name="quick",
    type="EXPRESS",
    roleArn="arn:aws:iam::123456789012:role/r",
    definition=json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}),
)["stateMachineArn"]
answer = sfn.start_sync_execution(stateMachineArn=express, input="[1]")
is_equal((answer["status"], answer["output"]), ("SUCCEEDED", "[1]"))
sfn.delete_state_machine(stateMachineArn=express)
refused("StateMachineDoesNotExist", sfn.start_execution, stateMachineArn=express)

tested = sfn.test_state(
    definition=json.dumps({"Type": "Pass", "End": True}), input='{"a": 1}', inspectionLevel="DEBUG"
)
is_equal((tested["status"], json.loads(tested["output"])), ("SUCCEEDED", {"a": 1}))
found = sfn.validate_state_machine_definition(definition='{"StartAt": "A"}')
is_equal(found["result"], "FAIL")
print("all well")
