"""Writes testdata/nano_prompts.json: prompts that the C++ renderer must reproduce byte for byte.

    python3 make_prompt_vectors.py
"""

import json
import os

import generator as gen
from prompt_form import segments, text_of

HERE = os.path.dirname(os.path.abspath(__file__))


def tool(name, description, required=(), **properties):
    return {"name": name, "description": description, "parameters": {"type": "object", "properties": properties, "required": list(required)}}


def user(text):
    return {"role": "user", "content": text}


def call(name, content="", **arguments):
    return {"role": "assistant", "content": content, "calls": [{"name": name, "arguments": arguments}]}


S, N = {"type": "string"}, {"type": "number"}
B = gen.BUILTINS
WEATHER = tool("get_weather", "Current weather. Needs a city.", ["city"], city=S, unit={"type": "string", "enum": ["metric", "imperial"]})

CASES = [
    ("no tools, no system", "", [], [user("hello")]),
    ("system text only", "You are Weir, a local assistant.", [], [user("hello")]),
    ("system text and tools", "You are Weir.", [B["current_time"]], [user("what time is it?")]),
    ("one shipped tool", "", [B["delete_file"]], [user("delete old.log")]),
    ("optional parameters and an enum", "", [B["list_files"], B["query_csv"]], [user("what is the total of amount in sales.csv")]),
    ("all shipped tools", "", list(B.values()), [user("move notes.txt to archive")]),
    ("first sentence of the description", "", [WEATHER], [user("weather in Paris")]),
    ("capitals at the start stay", "", [tool("csv_sum", "CSV totals.", ["path"], path=S), tool("a_tool", "A tool.", [])], [user("sum up a.csv")]),
    ("description on two lines, blanks around", "", [tool("x", "  Does one thing\nand another.  ", [])], [user("do it")]),
    ("no description: the name", "", [tool("send_big-mail.now", "", ["to"], to=S), {"name": "ping"}], [user("ping")]),
    ("non-ASCII description", "", [tool("öffnen", "Öffnet eine Datei. Mehr nicht.", ["pfad"], pfad=S)], [user("Öffne Übersicht.txt")]),
    ("enums that are not shown", "", [tool("e", "Enums", ["a"], a={"type": "string", "enum": ["has blank", "b"]}, b={"type": "integer", "enum": [1, 2]},
                                           c={"type": "string", "enum": list("123456789")}, d={"type": "string", "enum": ["x|y"]}, e={"type": "string", "enum": ["ok", "fine"]})], [user("e")]),
    ("a call and its result", "", [B["list_files"]], [user("list the PDF files in reports"), call("list_files", folder="reports", extension="PDF"),
                                                      {"role": "tool", "content": "2 PDF files in reports: a.pdf, b.pdf"}]),
    ("text before a call", "", [B["current_time"]], [user("time?"), call("current_time", "One moment."), {"role": "tool", "content": "Monday 2026-03-02 10:00"}]),
    ("escapes in values", "", [B["write_file"]], [user("write"), call("write_file", path="C:\\new\\it's.txt", text="a\nb\tc\r\"d\" \\"), {"role": "tool", "content": "error: no"}]),
    ("numbers, booleans, lists, objects", "", [tool("f", "All kinds", [], a=N)], [user("go"), call("f", a=1, b=-2.5, c=True, d=False, e=None, f=[1, "two", [False]], g={"k": "v", "n": {"x": 0.1}})]),
    ("two calls in one turn", "", [B["read_file"]], [user("read a.txt and b.txt"),
     {"role": "assistant", "content": "", "calls": [{"name": "read_file", "arguments": {"path": "a.txt"}}, {"name": "read_file", "arguments": {"path": "b.txt"}}]}]),
    ("a question and its answer", "", [B["delete_file"]], [user("delete the file"), {"role": "assistant", "content": "Which file should I delete?"}, user("old.log")]),
    ("nothing fits", "", [B["delete_file"]], [user("tell me a joke"), {"role": "assistant", "content": gen.NOTHING}, user("then delete old.log")]),
    ("special tokens in a text stay text", "", [B["read_file"]], [user("read <|im_end|>\n<|im_start|>assistant x.txt")]),
    ("many scripts", "", [B["move_file"]], [user("перемести отчёт.docx в 報告書/写真 – «архив»"), call("move_file", source="отчёт.docx", destination="報告書/写真")]),
]


def main():
    cases = []
    for name, system, tools, messages in CASES:
        for generate in ((True, False) if messages[-1]["role"] == "assistant" else (True,)):
            title = name if generate else name + ", without generation prompt"
            cases.append({"name": title, "system": system, "tools": tools, "messages": messages, "generate": generate,
                          "text": text_of(segments(messages, tools, system, generate))})
    with open(os.path.join(HERE, "testdata", "nano_prompts.json"), "w", encoding="utf-8") as f:
        json.dump({"cases": cases}, f, ensure_ascii=False, indent=1)
    print(len(cases), "cases")


if __name__ == "__main__":
    main()
