"""A function app with every trigger and output that the host serves, so that tests can look at each."""

import asyncio
import base64
import json
import os
import threading
import time
import typing
from pathlib import Path

import azure.functions as func
from azure.functions.decorators.core import DataType
from azure.functions.timer import TimerRequest

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

_seen: dict[str, list[typing.Any]] = {}
_lock = threading.Lock()


def _note(what: str, fact: typing.Any) -> int:
    with _lock:
        _seen.setdefault(what, []).append(fact)
        return len(_seen[what])


def _answer(document: typing.Any) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(document), mimetype="application/json")


@app.route("seen/{what}", methods=["GET"])
def seen(req: func.HttpRequest) -> func.HttpResponse:
    return _answer(_seen.get(req.route_params["what"], []))


@app.route("echo/{number:int?}")
def echo(req: func.HttpRequest) -> func.HttpResponse:
    return _answer(
        {
            "method": req.method,
            "url": req.url,
            "headers": dict(req.headers),
            "params": dict(req.params),
            "route": dict(req.route_params),
            "body": base64.b64encode(req.get_body()).decode(),
        }
    )


@app.route("files/{*path}", methods=["GET"])
def files(req: func.HttpRequest) -> func.HttpResponse:
    return _answer(dict(req.route_params))


@app.route(methods=["GET", "HEAD"])
async def named_after_itself(req: func.HttpRequest) -> func.HttpResponse:
    await asyncio.sleep(0)
    return func.HttpResponse("a body", headers={"X-Method": req.method})


@app.route("cookies", methods=["GET"])
def cookies(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse(status_code=204)
    response.headers.add("Set-Cookie", "a=1; Path=/; HttpOnly; SameSite=Lax")
    response.headers.add("Set-Cookie", 'b="two words"; Max-Age=60; Secure')
    response.headers.add("Vary", "Cookie")
    response.headers.add("Vary", "Accept")
    return response


@app.route("boom")
def boom(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("boom")


@app.route("slow/{name}", methods=["GET"])
def slow(req: func.HttpRequest) -> func.HttpResponse:
    _note("slow", req.route_params["name"])
    time.sleep(float(req.params.get("seconds", "1")))
    return func.HttpResponse("done")


@app.route("slow_async", methods=["GET"])
async def slow_async(req: func.HttpRequest) -> func.HttpResponse:
    _note("slow", "async")
    await asyncio.sleep(60)
    return func.HttpResponse("done")


@app.route("threads", methods=["GET"])
def threads(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(threading.current_thread().name)


@app.route("for_friends", auth_level=func.AuthLevel.FUNCTION)
def for_friends(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("friend")


@app.route("for_masters", auth_level=func.AuthLevel.ADMIN)
def for_masters(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("master")


@app.route("switched_off")
def switched_off(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("on")


@app.route("send", methods=["POST"])
@app.queue_output(arg_name="message", queue_name="%QUEUES%-out", connection="SampleStorage")
def send(req: func.HttpRequest, message: func.Out[str]) -> func.HttpResponse:
    message.set(req.get_body().decode())
    return func.HttpResponse("sent", status_code=202)


@app.route("send_bytes", methods=["POST"])
@app.queue_output(arg_name="message", queue_name="%QUEUES%-out", connection="SampleStorage")
def send_bytes(req: func.HttpRequest, message: func.Out[bytes]) -> func.HttpResponse:
    message.set(req.get_body())
    return func.HttpResponse("sent", status_code=202)


@app.route("send_list", methods=["POST"])
@app.queue_output(arg_name="messages", queue_name="%QUEUES%-out", connection="SampleStorage")
def send_list(req: func.HttpRequest, messages: func.Out[typing.List[str]]) -> func.HttpResponse:  # noqa: UP006 - with the builtin it does not index
    messages.set(req.get_json())
    return func.HttpResponse("sent", status_code=202)


@app.queue_trigger(arg_name="message", queue_name="%QUEUES%-work", connection="SampleStorage")
@app.queue_output(arg_name="$return", queue_name="%QUEUES%-done", connection="AzureWebJobsStorage")
def work(message: func.QueueMessage) -> str:
    text = message.get_body().decode()
    fact = {
        "body": text,
        "id": message.id,
        "dequeue_count": message.dequeue_count,
        "inserted": message.insertion_time.isoformat() if message.insertion_time else None,
    }
    _note("work", fact)
    if text.startswith("slow"):
        time.sleep(float(text.split()[1]))
    if text.startswith("fail"):
        raise ValueError("asked to")
    return f"done: {text}"


@app.queue_trigger(arg_name="data", queue_name="%QUEUES%-binary", connection="SampleStorage", data_type=DataType.BINARY)
def binary_work(data: func.QueueMessage) -> None:
    _note("binary_work", base64.b64encode(data.get_body()).decode())


@app.queue_trigger(arg_name="text", queue_name="%QUEUES%-work-poison", connection="SampleStorage")
async def poisoned(text: str) -> None:
    _note("poisoned", text)
    if text == "fail here too":
        raise ValueError("asked to")


@app.timer_trigger(arg_name="timer", schedule="%HOURLY%")
def tick(timer: TimerRequest) -> None:
    _note("tick", {"past_due": timer.past_due, "status": timer.schedule_status})


@app.timer_trigger(arg_name="timer", schedule="0 30 12 * * *")
@app.retry(strategy="fixed_delay", max_retry_count="3", delay_interval="00:00:01")
def flaky(timer: func.TimerRequest, context: func.Context) -> None:
    if _note("flaky", context.retry_context.retry_count) < 3:
        raise RuntimeError("not yet")


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *", run_on_startup=True)
@app.queue_output(arg_name="message", queue_name="%QUEUES%-started", connection="SampleStorage")
def at_startup(timer: func.TimerRequest, message: func.Out[str]) -> None:
    message.set(json.dumps({"past_due": timer.past_due, "cwd": Path.cwd().name, "home": os.environ["QUEUES"]}))


@app.event_grid_trigger(arg_name="event")
def on_event(event: func.EventGridEvent) -> None:
    _note("on_event", {"id": event.id, "type": event.event_type, "data": event.get_json()})
    if event.get_json().get("fail"):
        raise ValueError("asked to")


blueprint = func.Blueprint()


@blueprint.route("from_blueprint", methods=["PUT"])
def from_blueprint(req: func.HttpRequest) -> str:
    return '{"a":1,"when":"2023-09-08T15:00:00+01:00"}'


app.register_functions(blueprint)
