// One test for every known failure of other parsers of this format. The names are those of the
// compatibility list: LC llama.cpp, SG SGLang, VL vLLM, MX mlx-lm, MV mlx-vlm, SW vmlx-swift, LS
// LM Studio, LD the model maker's documentation, HF discussions of the model, RM Rapid-MLX, LI
// little-coder, LF LLaMA-Factory.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "chat/testing/show.h"

namespace weir::chat {
namespace {

// The calls of a whole output, with errors shown.
std::string CallsOf(const std::string& output, const ParserOptions& options = {}) {
  const ParsedOutput parsed = ParseOutput(output, options);
  return parsed.errors.empty() ? Show(parsed.calls) : "error: " + parsed.errors[0].message;
}

void ExpectSameAtEveryCut(const std::string& output, const ParserOptions& options = {}) {
  const std::string whole = ShowAll(ParseOutput(output, options));
  for (size_t cut = 1; cut < output.size(); ++cut) {
    const std::string_view text = output;
    EXPECT_EQ(ShowAll(ParsePieces({text.substr(0, cut), text.substr(cut)}, options)), whole)
        << "cut at " << cut;
  }
}

TEST(Compat, LC5_CallIsParsedWithoutAnySchemaHint) {
  EXPECT_EQ(CallsOf(Wrapped("[special_function(arg1=1)]")), R"(special_function{"arg1":1})");
}

TEST(Compat, LC7_WrappedFormIsParsedAndABareListIsNot) {
  const std::vector<ToolDefinition> tools = {Tool("name")};
  EXPECT_EQ(CallsOf(Wrapped("[name()]"), {.tools = &tools}), "name{}");
  const ParsedOutput bare = ParseOutput("[name()]", {.tools = &tools});
  EXPECT_EQ(bare.answer, "[name()]");
  EXPECT_TRUE(bare.calls.empty());
}

TEST(Compat, LC8_BracketsInTextAreTextAndAreNotHeldBack) {
  const std::vector<ToolDefinition> tools = {Tool("special_function")};
  for (const char* text :
       {"See [the docs](https://example.org/a_(b)) and [1].", "- [ ] todo\n- [x] done\n",
        "a[0] = [1, 2, [3]]; f(x)", "[note (below)]"}) {
    const ParsedOutput parsed = ParseOutput(text, {.tools = &tools});
    EXPECT_EQ(parsed.answer, text);
    EXPECT_TRUE(parsed.errors.empty());
    ExpectSameAtEveryCut(text, {.tools = &tools});
  }
  OutputParser parser({.tools = &tools});
  ParsedOutput so_far;
  for (const Event& event : parser.Push("See [the docs](http")) so_far.Add(event);
  EXPECT_EQ(so_far.answer, "See [the docs](http");
}

TEST(Compat, LC9_WrappedCallBehindReasoningIsParsed) {
  const ParsedOutput parsed =
      ParseOutput("<think>I need the weather.</think>" + Wrapped("[get_weather(city=\"Paris\")]"));
  EXPECT_EQ(Show(parsed.calls), R"(get_weather{"city":"Paris"})");
  EXPECT_EQ(parsed.reasoning, "I need the weather.");
  EXPECT_EQ(parsed.answer, "");
}

TEST(Compat, LC10_ReasoningLeavesTheContentAndWhiteSpaceAloneIsNone) {
  const ParsedOutput parsed = ParseOutput("<think>I'm\nthinking</think>\n\nHello, world!");
  EXPECT_EQ(parsed.reasoning, "I'm\nthinking");
  EXPECT_EQ(parsed.answer, "Hello, world!");
  const ParsedOutput off = ParseOutput("<think>\n\n</think>\n\nHello, world!");
  EXPECT_EQ(off.reasoning, "");
  EXPECT_EQ(off.answer, "Hello, world!");
}

TEST(Compat, LC11_ThinkTagsAreExtractedWhateverTheTemplateSays) {
  const ParsedOutput parsed =
      ParseOutput("pondering</think>The answer is 4.", {.starts_in_reasoning = true});
  EXPECT_EQ(parsed.reasoning, "pondering");
  EXPECT_EQ(parsed.answer, "The answer is 4.");
  const ParsedOutput again =
      ParseOutput("<think>pondering</think>The answer is 4.", {.starts_in_reasoning = true});
  EXPECT_EQ(ShowAll(again), ShowAll(parsed));
}

TEST(Compat, LC12_JsonOfAResponseSchemaStaysAnswer) {
  const std::string json = R"({"name": "Bob", "age": [3, {"x": "y"}]})";
  EXPECT_EQ(ParseOutput(json).answer, json);
  const ParsedOutput parsed = ParseOutput("<think>hm</think>" + json);
  EXPECT_EQ(parsed.reasoning, "hm");
  EXPECT_EQ(parsed.answer, json);
  ExpectSameAtEveryCut("<think>hm</think>" + json);
}

TEST(Compat, LC13_EscapesInArgumentsBecomeCharacters) {
  EXPECT_EQ(CallsOf(Wrapped(R"x([python(code="def f():\n\tprint(\"hi\")")])x")),
            R"x(python{"code":"def f():\n\tprint(\"hi\")"})x");
  const ParsedOutput parsed = ParseOutput(Wrapped(R"([python(code='a\nb\t"c"')])"));
  EXPECT_EQ(parsed.calls.at(0).arguments["code"].get<std::string>(), "a\nb\t\"c\"");
}

TEST(Compat, LC14_StreamsMayBeCutInsideEscapes) {
  ExpectSameAtEveryCut(Wrapped(R"([f(a="x\ny\"z\u00e9\x41\101\U0001F600", b='it\'s')])"));
}

TEST(Compat, SG3_DottedNamesAndJsonLiteralsAreRead) {
  EXPECT_EQ(CallsOf(Wrapped("[Calendar.create_event(all_day=true, guests=null, open=false)]")),
            R"(Calendar.create_event{"all_day":true,"guests":null,"open":false})");
}

TEST(Compat, SG4_SignedNumbersAreRead) {
  EXPECT_EQ(CallsOf(Wrapped("[f(a=+7, b=- 2)]")), R"(f{"a":7,"b":-2})");
}

TEST(Compat, SG4_SetsAreLists) {
  EXPECT_EQ(CallsOf(Wrapped("[f(a={'x', 'y'})]")), R"(f{"a":["x","y"]})");
}

TEST(Compat, SG4_FStringsWithoutPlaceholdersAreStrings) {
  EXPECT_EQ(CallsOf(Wrapped("[f(a=f'plain', b=F\"{{x}}\")]")), R"(f{"a":"plain","b":"{x}"})");
  EXPECT_EQ(CallsOf(Wrapped("[f(a=f'{x}')]")).substr(0, 6), "error:");
}

TEST(Compat, SG4_InfiniteNumbersAreErrors) {
  EXPECT_EQ(CallsOf(Wrapped("[f(a=1e999)]")),
            "error: number is too large, so it has no JSON form, at byte 5 of the call block");
}

TEST(Compat, SG4_LF1_PositionalValuesAreMappedOrReportedNeverLost) {
  const std::vector<ToolDefinition> tools = {Tool("f", R"({"a": {}})", R"(["a"])")};
  EXPECT_EQ(CallsOf(Wrapped("[f(1)]"), {.tools = &tools}), R"(f{"a":1})");
  EXPECT_EQ(CallsOf(Wrapped("[f(1, 2)]"), {.tools = &tools}).substr(0, 6), "error:");
  EXPECT_EQ(CallsOf(Wrapped("[f(1)]")).substr(0, 6), "error:");
}

TEST(Compat, SG4_DoubleStarLiteralsAreMerged) {
  EXPECT_EQ(CallsOf(Wrapped("[f(a=1, **{'b': 2, 'c': 3})]")), R"(f{"a":1,"b":2,"c":3})");
  EXPECT_EQ(CallsOf(Wrapped("[f(**kw)]")).substr(0, 6), "error:");
}

TEST(Compat, VL2_MarkersNeverAppearInTheAnswer) {
  const ParsedOutput parsed = ParseOutput("Sure. " + Wrapped("[f()]") + "<|im_end|>");
  EXPECT_EQ(parsed.answer, "Sure.");
  EXPECT_EQ(Show(parsed.calls), "f{}");
}

TEST(Compat, VL3_BracketsInsideStrings) {
  EXPECT_EQ(CallsOf(Wrapped("[f(a='a]b', b='a)b', c='{', d='a, b=1')]")),
            R"(f{"a":"a]b","b":"a)b","c":"{","d":"a, b=1"})");
}

TEST(Compat, VL3_RawNewlineInAString) {
  EXPECT_EQ(CallsOf(Wrapped("[f(a='one\ntwo', b=1)]")), R"(f{"a":"one\ntwo","b":1})");
}

TEST(Compat, VL3_TrailingBackslash) {
  EXPECT_EQ(CallsOf(Wrapped(R"([f(path='C:\dir\', b=1)])")), R"(f{"path":"C:\\dir\\","b":1})");
}

TEST(Compat, VL3_NegativeNumberAndTuple) {
  EXPECT_EQ(CallsOf(Wrapped("[f(a=-1, b=(1, -2.5))]")), R"(f{"a":-1,"b":[1,-2.5]})");
}

TEST(Compat, VL3_ParameterNamedFrom) {
  EXPECT_EQ(CallsOf(Wrapped("[mail(from='a@b.c', in='x', class='y')]")),
            R"(mail{"from":"a@b.c","in":"x","class":"y"})");
}

TEST(Compat, VL3_BlankAfterTheMarker) {
  EXPECT_EQ(CallsOf("<|tool_call_start|> \n [f()]\n <|tool_call_end|>"), "f{}");
}

TEST(Compat, VL3_NestedQuotes) {
  EXPECT_EQ(CallsOf(Wrapped(R"([f(a="she said "go" twice", b='x')])")),
            R"(f{"a":"she said \"go\" twice","b":"x"})");
}

TEST(Compat, VL_EchoOfABlockIsSuppressed) {
  const std::string output = Wrapped("[f(a=1)]") + "\n[f(a=1)]<|tool_call_end|> Done.";
  const ParsedOutput parsed = ParseOutput(output);
  EXPECT_EQ(Show(parsed.calls), R"(f{"a":1})");
  EXPECT_EQ(parsed.answer, "Done.");
  EXPECT_TRUE(parsed.errors.empty());
  EXPECT_EQ(parsed.repairs.size(), 1u);
  ExpectSameAtEveryCut(output);
}

TEST(Compat, MX3_LS5_CallsAreFoundByTheirMarkersNotByATemplate) {
  EXPECT_EQ(CallsOf(Wrapped("[f(a='123', b='True')]")), R"(f{"a":"123","b":"True"})");
}

TEST(Compat, MV2_SW4_NestedArgumentsAndQuotesAreKept) {
  EXPECT_EQ(
      CallsOf(Wrapped(
          R"x([f(a={'k': [1, {'x': "it's (a) \"b\""}]}, b=[[1, 2], ['a,b', 'c]']]), g(c='d')])x")),
      R"x(f{"a":{"k":[1,{"x":"it's (a) \"b\""}]},"b":[[1,2],["a,b","c]"]]} g{"c":"d"})x");
}

TEST(Compat, LS2_HyphenatedNamesAreMappedWhenUnambiguous) {
  const std::vector<ToolDefinition> tools = {Tool("resolve-library-id"), Tool("a.b"), Tool("a-b")};
  EXPECT_EQ(CallsOf(Wrapped("[resolve_library_id()]"), {.tools = &tools}), "resolve-library-id{}");
  EXPECT_EQ(CallsOf(Wrapped("[resolve-library-id()]"), {.tools = &tools}), "resolve-library-id{}");
  EXPECT_EQ(CallsOf(Wrapped("[a_b(), a.b()]"), {.tools = &tools}), "a_b{} a.b{}");
  EXPECT_EQ(CallsOf(Wrapped("[resolve_library_id()]"), {.tools = &tools, .map_names = false}),
            "resolve_library_id{}");
}

TEST(Compat, LS3_MarkersInsideThinkingAreReasoning) {
  const std::string output = "<think>I could " + Wrapped("[rm(path='/')]") + " but no</think>No.";
  const ParsedOutput parsed = ParseOutput(output);
  EXPECT_TRUE(parsed.calls.empty());
  EXPECT_EQ(parsed.reasoning, "I could " + Wrapped("[rm(path='/')]") + " but no");
  EXPECT_EQ(parsed.answer, "No.");
  ExpectSameAtEveryCut(output);
}

TEST(Compat, LS4_ManyToolsDoNotSwitchTheParserOff) {
  std::vector<ToolDefinition> tools;
  for (int i = 0; i < 300; ++i) tools.push_back(Tool("server-" + std::to_string(i) + ".tool"));
  EXPECT_EQ(CallsOf(Wrapped("[server-299.tool(), server_7_tool()]"), {.tools = &tools}),
            "server-299.tool{} server-7.tool{}");
}

TEST(Compat, LD1_NativeJsonAndXmlStylesMayMix) {
  EXPECT_EQ(CallsOf(Wrapped("[f(a=1)]") + Wrapped(R"([{"name": "g", "arguments": {"b": 2}}])") +
                    Wrapped("<function=h><parameter=c>x</parameter></function>")),
            R"(f{"a":1} g{"b":2} h{"c":"x"})");
}

TEST(Compat, LD2_UnescapedQuotesAreRepaired) {
  EXPECT_EQ(CallsOf(Wrapped("[note(text='It's')]")), R"(note{"text":"It's"})");
  EXPECT_EQ(CallsOf(Wrapped("[note(text='It's Bob's', done=True)]")),
            R"(note{"text":"It's Bob's","done":true})");
}

TEST(Compat, HF1_PlainJsonAnswerIsSalvagedOnRequest) {
  const std::vector<ToolDefinition> tools = {Tool("f", R"({"a": {}})")};
  const ParserOptions on{.tools = &tools, .salvage_plain_json = true};
  const std::string output = "<think>hm</think>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n";
  EXPECT_EQ(CallsOf(output, on), R"(f{"a":1})");
  EXPECT_EQ(ParseOutput(output, on).answer, "");
  ExpectSameAtEveryCut(output, on);
  EXPECT_EQ(CallsOf(output, {.tools = &tools}), "");
  EXPECT_EQ(CallsOf(R"([{"name": "f", "arguments": {}}])", on), "f{}");
  for (const char* text :
       {R"({"name": "g", "arguments": {}})", R"(Call: {"name": "f", "arguments": {}})",
        R"({"name": "f", "arguments": {}} is it)", R"({"name": "f")", "[f(a=1)]"}) {
    EXPECT_EQ(CallsOf(text, on), "") << text;
    EXPECT_EQ(ParseOutput(text, on).answer, text);
  }
}

TEST(Compat, RM1_ExactRepeatsInABlockAreDroppedOnRequest) {
  const std::string output = Wrapped("[f(a=1), f(a=1), f(a=2), f(a=1)]");
  EXPECT_EQ(CallsOf(output, {.drop_repeats = true}), R"(f{"a":1} f{"a":2})");
  EXPECT_EQ(CallsOf(output), R"(f{"a":1} f{"a":1} f{"a":2} f{"a":1})");
}

TEST(Compat, LI1_OrphanEndMarkerBehindAListOfCallsIsTolerated) {
  for (const std::string before : {"", "Let me look. ", "See [1]: "}) {
    const std::string output = before + "[Read(path='a b.txt')]<|tool_call_end|><|im_end|>";
    const ParsedOutput parsed = ParseOutput(output);
    EXPECT_EQ(Show(parsed.calls), R"(Read{"path":"a b.txt"})");
    EXPECT_EQ(parsed.answer, before.substr(0, before.find_last_not_of(' ') + 1));
    EXPECT_TRUE(parsed.errors.empty());
    ExpectSameAtEveryCut(output);
  }
  EXPECT_EQ(CallsOf("[{\"name\": \"f\"}]\n<|tool_call_end|>"), "f{}");
}

TEST(Compat, LI1_OrphanEndMarkerBehindOtherTextIsAnErrorAndTheTextStays) {
  for (const char* text : {"All done.", "[link](http://x)", "[f(a=)]", "[]"}) {
    const ParsedOutput parsed = ParseOutput(std::string(text) + "<|tool_call_end|>");
    EXPECT_EQ(parsed.answer, text);
    EXPECT_TRUE(parsed.calls.empty());
    EXPECT_EQ(parsed.errors.size(), 1u);
  }
}

TEST(Compat, LlamaCppCases) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"[special_function(arg1=1)]", R"(special_function{"arg1":1})"},
      {"[get_time(city=\"XYZCITY\")]", R"(get_time{"city":"XYZCITY"})"},
      {"[toggle(enabled=True)]", R"(toggle{"enabled":true})"},
      {"[set_nullable(value=None)]", R"(set_nullable{"value":null})"},
      {"[set_config(config={\"theme\": \"dark\", \"on\": True})]",
       R"(set_config{"config":{"theme":"dark","on":true}})"},
      {"[set_config(config={\"on\": true, \"x\": null})]",
       R"(set_config{"config":{"on":true,"x":null}})"},
      {"[Calendar.create_event(title='T', guests=['a', \"b\"], at={'h': 9})]",
       R"(Calendar.create_event{"title":"T","guests":["a","b"],"at":{"h":9}})"},
      {R"x([python(code="def hello():\n\tprint(\"hey\")\nhello()")])x",
       R"x(python{"code":"def hello():\n\tprint(\"hey\")\nhello()"})x"},
      {"[special_function(arg1=1), special_function_with_opt(arg1=1, arg2=2)]",
       R"(special_function{"arg1":1} special_function_with_opt{"arg1":1,"arg2":2})"},
      {"[empty_args()]", "empty_args{}"},
  };
  for (const auto& [body, calls] : cases) {
    EXPECT_EQ(CallsOf(Wrapped(body)), calls);
    ExpectSameAtEveryCut(Wrapped(body));
  }
}

TEST(Compat, LlamaCppCasesWithTextAndReasoning) {
  EXPECT_EQ(ParseOutput("Hello, world!\nWhat's up?").answer, "Hello, world!\nWhat's up?");
  const std::string call = Wrapped("[special_function(arg1=1)]");
  const ParsedOutput before = ParseOutput("Let me check." + call);
  EXPECT_EQ(before.answer, "Let me check.");
  EXPECT_EQ(Show(before.calls), R"(special_function{"arg1":1})");
  const ParsedOutput both = ParseOutput("<think>I'm\nthinking</think>" + call);
  EXPECT_EQ(both.reasoning, "I'm\nthinking");
  EXPECT_EQ(Show(both.calls), R"(special_function{"arg1":1})");
  const ParsedOutput all = ParseOutput("<think>I'm\nthinking</think>Let me check.\n" + call);
  EXPECT_EQ(all.reasoning, "I'm\nthinking");
  EXPECT_EQ(all.answer, "Let me check.");
  EXPECT_EQ(Show(all.calls), R"(special_function{"arg1":1})");
}

TEST(Compat, LlamaCppTruncatedCallIsReportedWithItsText) {
  const std::string output = "Hm.<|tool_call_start|>[special_function(arg1=";
  OutputParser parser({});
  ParsedOutput parsed;
  bool started = false;
  for (const Event& event : parser.Push(output)) {
    started |= event.kind == Event::Kind::kToolCallStart;
    parsed.Add(event);
  }
  EXPECT_TRUE(started);
  for (const Event& event : parser.Finish()) parsed.Add(event);
  EXPECT_TRUE(parsed.calls.empty());
  ASSERT_EQ(parsed.errors.size(), 1u);
  EXPECT_EQ(parsed.errors[0].text, "[special_function(arg1=");
  EXPECT_NE(parsed.errors[0].message.find("before the end marker"), std::string::npos);
  EXPECT_EQ(parsed.answer, "Hm.");
}

TEST(Compat, LlamaCppContinuationOfReasoningAndOfContent) {
  EXPECT_EQ(ParseOutput("nking</think>Hello", {.starts_in_reasoning = true}).reasoning, "nking");
  EXPECT_EQ(ParseOutput(" world!").answer, " world!");
}

}  // namespace
}  // namespace weir::chat
