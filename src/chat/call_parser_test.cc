#include "chat/call_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "chat/testing/show.h"

namespace weir::chat {
namespace {

bool HasError(std::string_view body, std::string_view part, const CallOptions& options = {}) {
  const std::string shown = CallsIn(body, options);
  EXPECT_TRUE(shown.starts_with("error: ")) << body << " -> " << shown;
  EXPECT_NE(shown.find(part), std::string::npos) << body << " -> " << shown;
  return shown.starts_with("error: ") && shown.find(part) != std::string::npos;
}

TEST(CallParser, ReadsEveryKindOfValue) {
  EXPECT_EQ(CallsIn("[f(a=1, b='x', c=True, d=None, e=[1, 'y'], g={'k': 2.5}, h=false, i=null)]"),
            R"(f{"a":1,"b":"x","c":true,"d":null,"e":[1,"y"],"g":{"k":2.5},"h":false,"i":null})");
}

TEST(CallParser, ReadsSeveralCallsAndNone) {
  EXPECT_EQ(CallsIn("[f(), ns.g(a=1),h( ) , ]"), R"(f{} ns.g{"a":1} h{})");
  EXPECT_EQ(CallsIn("[]"), "");
  EXPECT_EQ(CallsIn(" [ ] "), "");
  HasError("", "empty");
  HasError("  ", "empty");
}

TEST(CallParser, ReadsNumbersAsPythonDoes) {
  EXPECT_EQ(CallsIn("[f(a=+7, b=-1, c=.5, d=5., e=1e5, f=-2.5e-3, g=1_000)]"),
            R"(f{"a":7,"b":-1,"c":0.5,"d":5.0,"e":100000.0,"f":-0.0025,"g":1000})");
  EXPECT_EQ(CallsIn("[f(a=0x1F, b=0o17, c=0b11, d=007, e=-9223372036854775808)]"),
            R"(f{"a":31,"b":15,"c":3,"d":7,"e":-9223372036854775808})");
  EXPECT_EQ(CallsIn("[f(a=18446744073709551615, b=1e-999)]"),
            R"(f{"a":18446744073709551615,"b":0.0})");
}

TEST(CallParser, RefusesNumbersWithoutJsonForm) {
  HasError("[f(a=1e999)]", "too large");
  HasError("[f(a=-1e400)]", "too large");
  HasError("[f(a=nan)]", "'nan' has no JSON form, at byte 5");
  HasError("[f(a=inf)]", "'inf' has no JSON form");
  HasError("[f(a=-inf)]", "Python expression");
  HasError("[f(a=Infinity)]", "has no JSON form");
  HasError("[f(a=1j)]", "complex");
  HasError("[f(a=99999999999999999999)]", "64 bits");
  HasError("[f(a=-9223372036854775809)]", "64 bits");
  HasError("[f(a=2x)]", "malformed number");
  HasError("[f(a=0x)]", "malformed number");
  HasError("[f(a=1.2.3)]", "malformed number");
}

TEST(CallParser, ReadsStringsAsPythonDoes) {
  EXPECT_EQ(CallsIn(R"([f(a='it\'s', b="say \"x\"", c='a\tb\nc\\d\a\0')])"),
            R"(f{"a":"it's","b":"say \"x\"","c":"a\tb\nc\\d\u0007\u0000"})");
  EXPECT_EQ(CallsIn(R"([f(a='\x41\u00e9\U0001F600', b='\101\7', c='\d')])"),
            R"(f{"a":"Aé😀","b":"A\u0007","c":"\\d"})");
  EXPECT_EQ(CallsIn(R"([f(a=r'\d+\n', b=u'x', c='a' "b", d='''tri'ple''', e="""q"q""")])"),
            R"(f{"a":"\\d+\\n","b":"x","c":"ab","d":"tri'ple","e":"q\"q"})");
  EXPECT_EQ(CallsIn("[f(a='one\\\ntwo')]"), R"(f{"a":"onetwo"})");
  EXPECT_EQ(CallsIn(R"([f(a='\ud83d\ude00')])"), R"(f{"a":"😀"})");
}

TEST(CallParser, RefusesStringsWithoutJsonForm) {
  HasError("[f(a=b'x')]", "bytes");
  HasError("[f(a=Rb'x')]", "bytes");
  HasError(R"([f(a='\ud83d')])", "names no character");
  HasError(R"([f(a='\U00110000')])", "names no character");
  HasError(R"([f(a='\N{BULLET}')])", "\\N");
  HasError(R"([f(a='C:\Users')])", "'\\U' needs 8 hex digits");
  HasError(R"([f(a='\xg1')])", "'\\x' needs 2 hex digits");
  HasError("[f(a='x\xff')]", "UTF-8");
  HasError("[f(a='unterminated)]", "string opened here never closes, at byte 5");
}

TEST(CallParser, BareWordsAreStrings) {
  EXPECT_EQ(CallsIn("[f(order=ascending, l=[a, b], d={k: v})]"),
            R"(f{"order":"ascending","l":["a","b"],"d":{"k":"v"}})");
}

TEST(CallParser, TuplesAndSetsAreLists) {
  EXPECT_EQ(CallsIn("[f(a=(1, 2), b=(), c=(1,), d=(1), e={1, 2}, g={'x'}, h={})]"),
            R"(f{"a":[1,2],"b":[],"c":[1],"d":1,"e":[1,2],"g":["x"],"h":{}})");
}

TEST(CallParser, PythonExpressionsSpoilTheirCallAlone) {
  for (const char* value : {"1 + 1", "x[0]", "a.b", "g(1)", "lambda: 1", "[*x]", "{**x}",
                            "not True", "1 if x else 2", "[x for x in y]", "-x", "'a' + 'b'",
                            "f'{x}'", "...", "await x", "x == 1", "{1: 'a'}", "(y for y in z)"}) {
    const ParsedBlock block =
        ParseBlock("[f(a=1), g(b=" + std::string(value) + ", c=')'), h(d=2)]");
    EXPECT_EQ(Show(block.calls), R"(f{"a":1} h{"d":2})") << value;
    ASSERT_EQ(block.errors.size(), 1u) << value;
    EXPECT_EQ(block.errors[0].text, "g(b=" + std::string(value) + ", c=')')");
    EXPECT_GE(block.errors[0].offset, 13u - 4u) << value;
  }
}

TEST(CallParser, SyntaxErrorsSpoilTheBlockAndKeepItsText) {
  for (const char* body : {"[f(), g(", "[f() g()]", "f()", "[f();g()]", "[f(a=)]", "[f(=1)]", "[f]",
                           "[2f()]", "[tool name()]", "[f()] and more", "[f(a=1 b=2)]", "[[f()]]",
                           "[f(a={'x' 1})]", "]", "[f(a=(1, 2)]", "[,]", "[f(,)]"}) {
    const ParsedBlock block = ParseBlock(body);
    EXPECT_TRUE(block.calls.empty()) << body;
    ASSERT_EQ(block.errors.size(), 1u) << body;
    EXPECT_EQ(block.errors[0].text, body);
    EXPECT_NE(block.errors[0].message.find(", at byte "), std::string::npos);
    EXPECT_LE(block.errors[0].offset, std::string_view(body).size());
  }
}

TEST(CallParser, MegabyteOfBracketsIsAnErrorNotACrash) {
  const std::string brackets(1u << 20, '[');
  HasError(brackets, "expected the name of a tool");
  HasError("[f(a=" + brackets, "nested deeper");
  HasError("[f(a=" + std::string(1u << 20, '{'), "nested deeper");
  HasError("[f(a=" + std::string(1u << 20, '('), "nested deeper");
  HasError("[{" + brackets, "");
  HasError("[{\"name\":" + brackets, "nested deeper");
  HasError(std::string(1u << 20, '<'), "");
  HasError("[f(a=" + std::string(1u << 20, '\''), "");
}

TEST(CallParser, NestingIsReadUpToTheLimit) {
  const auto nested = [](int depth) {
    return "[f(a=" + std::string(depth, '[') + std::string(depth, ']') + ")]";
  };
  EXPECT_TRUE(ParseCalls(nested(64)).has_value());
  EXPECT_FALSE(ParseCalls(nested(65)).has_value());
}

TEST(CallParser, DoubledNamesAreErrors) {
  HasError("[f(a=1, a=2)]", "argument 'a' is given twice, at byte 8");
  HasError("[f(a={'k': 1, 'k': 2})]", "key 'k' is given twice");
  HasError("[f(a=1, **{'a': 2})]", "argument 'a' is given twice");
  HasError(R"([{"name": "f", "arguments": {"a": 1, "a": 2}}])", "twice");
}

TEST(CallParser, ReservedWordsAreNamesOfParametersAndTools) {
  EXPECT_EQ(CallsIn("[mail(from='a', in='b', class='c', import=1)]"),
            R"(mail{"from":"a","in":"b","class":"c","import":1})");
  EXPECT_EQ(CallsIn("[print(a=1), class()]"), R"(print{"a":1} class{})");
  HasError("[None()]", "constant");
}

TEST(CallParser, HyphenatedAndSlashedNamesAreRead) {
  EXPECT_EQ(CallsIn("[resolve-library-id(a-b=1), srv/tool(), a.b.c()]"),
            R"(resolve-library-id{"a-b":1} srv/tool{} a.b.c{})");
  const std::vector<ToolDefinition> tools = {Tool("2fa")};
  EXPECT_EQ(CallsIn("[2fa()]", {.tools = &tools}), "2fa{}");
}

TEST(CallParser, CommentsBetweenTokensAreSpace) {
  EXPECT_EQ(CallsIn("[f(a='#1', # first\n b=2)] # done"), R"(f{"a":"#1","b":2})");
}

TEST(CallParser, JsonFormIsReadInItsVariants) {
  EXPECT_EQ(CallsIn(R"([{"name": "f", "arguments": {"a": [1, {"b": null}]}}, {"name": "g"}])"),
            R"(f{"a":[1,{"b":null}]} g{})");
  EXPECT_EQ(CallsIn(R"({"name": "f", "parameters": {"a": "x\/y"}})"), R"(f{"a":"x/y"})");
  EXPECT_EQ(CallsIn(R"({"name": "f", "arguments": "{\"a\": 1}"})"), R"(f{"a":1})");
  EXPECT_EQ(CallsIn(R"([{"type": "function", "function": {"name": "f", "arguments": {}}}])"),
            "f{}");
  EXPECT_EQ(CallsIn("[{'name': 'f', 'arguments': {'a': True,}}]"), R"(f{"a":true})");
  const Result<std::vector<ToolCall>> calls = ParseCalls(R"({"id": "c1", "name": "f"})");
  ASSERT_TRUE(calls.has_value());
  EXPECT_EQ(calls->at(0).id, "c1");
}

TEST(CallParser, JsonThatIsNoCallIsAnError) {
  HasError(R"({"name": "f", "argument": {}})", "no part of a call");
  HasError(R"([{"arguments": {}}])", "no name");
  HasError(R"([{"name": ""}])", "no name");
  HasError(R"({"name": "f", "arguments": [1]})", "no object");
  HasError(R"({"name": "f", "arguments": "x"})", "not JSON");
  HasError(R"({"name": "f", "arguments": {}, "parameters": {}})", "both");
  HasError(R"([{"name": "f"}, 3])", "no object");
  HasError(R"({"name": "f")", "");
  HasError(R"({"name": "f", "arguments": {"a": 1e999}})", "too large");
}

TEST(CallParser, XmlFormsAreRead) {
  EXPECT_EQ(CallsIn("<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n</tool_call>"),
            R"(f{"a":1})");
  EXPECT_EQ(CallsIn("<function=f><parameter=a>\nx < y\n</parameter></function>"),
            R"(f{"a":"x < y"})");
  EXPECT_EQ(CallsIn("<function_calls><invoke name=\"f\"><parameter name=\"a\">1</parameter>"
                    "<parameter name=\"b\">2</parameter></invoke><invoke name='g'></invoke>"
                    "</function_calls>"),
            R"(f{"a":"1","b":"2"} g{})");
  const std::vector<ToolDefinition> tools = {Tool("f", R"({"a": {"type": "integer"}})")};
  EXPECT_EQ(CallsIn("<function=f><parameter=a>7</parameter></function>", {.tools = &tools}),
            R"(f{"a":7})");
  HasError("<function=f><parameter=a>7</function>", "never closes");
  HasError("<b>bold</b>", "is no call");
  HasError("<tool_call><tool_call><tool_call><tool_call><tool_call><tool_call>", "too deep");
}

TEST(QuoteRepair, TakesTheOnlyReading) {
  EXPECT_EQ(CallsIn("[f(a='It's')]"), R"(f{"a":"It's"})");
  EXPECT_EQ(CallsIn("[f(a='It's', b='x'), g(c='Bob's')]"),
            R"(f{"a":"It's","b":"x"} g{"c":"Bob's"})");
  EXPECT_EQ(CallsIn(R"([f(a="say "hi" now", b=1)])"), R"(f{"a":"say \"hi\" now","b":1})");
  EXPECT_EQ(CallsIn("[run(code='print('hello')')]"), R"x(run{"code":"print('hello')"})x");
  EXPECT_EQ(CallsIn("[f(a='say 'hi', he said')]"), R"(f{"a":"say 'hi', he said"})");
  EXPECT_EQ(CallsIn("[f(a='Put it 'in' the box')]"), R"(f{"a":"Put it 'in' the box"})");
  EXPECT_EQ(CallsIn(R"([{"name": "f", "arguments": {"a": "say "hi" now", "b": "x"}}])"),
            R"(f{"a":"say \"hi\" now","b":"x"})");
  EXPECT_EQ(ParseBlock("[f(a='It's')]").repairs.size(), 1u);
}

TEST(QuoteRepair, TakesABackslashBeforeTheClosingQuote) {
  EXPECT_EQ(CallsIn(R"([f(path='C:\dir\', b='x')])"), R"(f{"path":"C:\\dir\\","b":"x"})");
  EXPECT_EQ(CallsIn(R"([f(path='C:\dir\')])"), R"(f{"path":"C:\\dir\\"})");
}

TEST(QuoteRepair, RefusesWhenSeveralReadingsExist) {
  HasError("[f(a=['x'y', ' z'])]", "expected ','");
  EXPECT_EQ(CallsIn("[f(a=['x'y', 'z', 'w'v'])]"), R"(f{"a":["x'y","z","w'v"]})");
}

TEST(QuoteRepair, DoesNotSwallowArgumentsOrCallsIntoAStringThatNeverClosed) {
  HasError("[f(a='x, b='y')]", "");
  HasError("[f(a='x), g(b='y')]", "");
  HasError("[f(a='x, 'y')]", "");
  HasError("[f(a='unterminated), g(p=0x1F, **{'a': 1}), h(b=1, c='plain')]", "");
  HasError("[f(a='x' + 'y')]", "Python expression");
}

TEST(QuoteRepair, WorkIsBounded) {
  std::string body = "[f(a='x'y'";
  for (int i = 0; i < 2000; ++i) body += ", 'z'";
  HasError(body + ")]", "");
}

TEST(ToolMatch, CoercesToTheDeclaredType) {
  const std::vector<ToolDefinition> tools = {Tool("f", R"({
      "s": {"type": "string"}, "i": {"type": "integer"}, "n": {"type": "number"},
      "b": {"type": "boolean"}, "sn": {"type": ["string", "null"]}, "l": {"type": "array"},
      "any": {}})")};
  const CallOptions options{.tools = &tools};
  EXPECT_EQ(CallsIn("[f(s=007, i='3', n='2.5', b='true')]", options),
            R"(f{"s":"007","i":3,"n":2.5,"b":true})");
  EXPECT_EQ(CallsIn("[f(s=1_000.50, b='False', sn=None, any=1)]", options),
            R"(f{"s":"1_000.50","b":false,"sn":null,"any":1})");
  EXPECT_EQ(CallsIn("[f(s=True, sn=5, l='[1]')]", options), R"(f{"s":"True","sn":"5","l":[1]})");
  EXPECT_EQ(CallsIn("[f(i='3.5', n='1e999', b='yes', s=None)]", options),
            R"(f{"i":"3.5","n":"1e999","b":"yes","s":null})");
  EXPECT_EQ(CallsIn(R"([{"name": "f", "arguments": {"s": 5, "i": "6"}}])", options),
            R"(f{"s":"5","i":6})");
}

TEST(ToolMatch, NamesPositionalValuesOnlyWhereOneReadingExists) {
  const std::vector<ToolDefinition> tools = {
      Tool("move", R"({"source": {}, "destination": {}})", R"(["source", "destination"])"),
      Tool("read", R"({"path": {}})", R"(["path"])"),
      Tool("find", R"({"name": {}, "folder": {}})", R"(["name"])"),
      Tool("list", R"({"folder": {}, "extension": {}})"), Tool("now")};
  const CallOptions options{.tools = &tools};
  EXPECT_EQ(CallsIn("[move('a', 'b')]", options), R"(move{"source":"a","destination":"b"})");
  EXPECT_EQ(CallsIn("[move('a', destination='b')]", options),
            R"(move{"source":"a","destination":"b"})");
  EXPECT_EQ(CallsIn("[read('a')]", options), R"(read{"path":"a"})");
  EXPECT_EQ(CallsIn("[find('a')]", options), R"(find{"name":"a"})");
  EXPECT_EQ(CallsIn("[list('x', folder='a')]", options).substr(0, 6), "list{\"");
  HasError("[list('x')]", "not certain which parameter", options);
  HasError("[find('a', 'b')]", "not certain", options);
  HasError("[move('a', 'b', 'c')]", "not certain", options);
  HasError("[now('a')]", "not certain", options);
  HasError("[move(source='a', 'b')]", "follows a named argument", options);
  HasError("[unknown('a')]", "not certain", options);
  HasError("[f('a')]", "not certain");
}

TEST(ToolMatch, MapsParameterNamesToo) {
  const std::vector<ToolDefinition> tools = {Tool("f", R"({"user-id": {"type": "string"}})")};
  EXPECT_EQ(CallsIn("[f(user_id=7)]", {.tools = &tools}), R"(f{"user-id":"7"})");
  HasError("[f(user_id=7, **{'user-id': 8})]", "given twice", {.tools = &tools});
}

TEST(CallParser, ManyCallsOrArgumentsAreAnError) {
  std::string calls = "[";
  std::string arguments = "[f(";
  for (int i = 0; i < 1000; ++i) {
    calls += "f(),";
    arguments += "a" + std::to_string(i) + "=1,";
  }
  HasError(calls + "]", "more than 256 calls");
  HasError(arguments + ")]", "more than 256 arguments");
}

}  // namespace
}  // namespace weir::chat
