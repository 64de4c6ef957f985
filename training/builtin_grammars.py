"""Request grammars of the shipped tools: one line is one wording.

Syntax: [a|b|] chooses, {slot} puts a value in, {slot:kind} one of another kind, {slot=value} says nothing and sets an enum.
A line is an imperative, which the generator may wrap ("could you ..."), unless it begins with "? ".
"""

# Value kinds of the slots; the functions are in generator.py.
KINDS = {
    "list_files": {"folder": "folder", "extension": "extension"},
    "find_files": {"name": "pattern", "folder": "folder"},
    "search_text": {"text": "search", "folder": "folder"},
    "read_file": {"path": "file"},
    "file_info": {"path": "file"},
    "write_file": {"path": "textfile", "text": "text"},
    "append_file": {"path": "textfile", "text": "text"},
    "edit_file": {"path": "textfile", "old_text": "word", "new_text": "word"},
    "make_folder": {"path": "newfolder"},
    "move_file": {"source": "file", "destination": "folder"},
    "copy_file": {"source": "file", "destination": "folder"},
    "delete_file": {"path": "file"},
    "query_csv": {"path": "csv", "calculation": "enum", "column": "column", "group_by": "group"},
    "compare_files": {"first": "file", "second": "file"},
    "calculate": {"expression": "expression"},
    "current_time": {},
    "ask_user": {"question": "question"},
}

CALLS = {}

CALLS["list_files"] = """
find [all|all the|the|all my|] {extension} files [in|under|inside] {folder}
find [all|all the|the|all my|] {extension} files
[list|show me|give me] [all|the|] files [ending in|with the extension|of type] {extension}
[list|show me|give me] [all|the|] files [ending in|with the extension|of type] {extension} in {folder}
[list|show] [the|] {folder} [folder|directory]
[check|see|tell me] what is in [the|my|] {folder} [folder|directory|]
list what is [in|inside] {folder}
list only the {extension} files [in|of|from] {folder}
? [are there|is there|do I have] [any|some] [files|documents|things] in [the|my|] {folder} [folder|directory|]
? does [the|] {folder} [folder|] [have|contain] [any|] {extension} files
? what's lying around in {folder}
? what all is in {folder}
? which files does {folder} [have|contain|hold]
list [the|all|all the|] [files|contents|items] [in|of|inside|under] [the folder|the directory|folder|directory|] {folder}
list {folder}
list [the|all|all the|] [{extension}|{extension:ext_upper}] files in [the|] {folder}
[show|give|tell] me [the|all the|all|] {extension} files [in|inside|under] {folder}
[show|list|display] [the|all|] {extension} files
show [me|] [what is|what's] in [the|] {folder} [folder|directory|]
show [me|] [the|all the|] [files|contents] [of|in|inside] [the|my|] {folder} [folder|directory|]
[show|list|display] [everything|all] [in|inside|under] [the|] [folder|] {folder}
list [the|my|all|all my|all the|] files
list [the|] files here
[show|list] [the|] [current|this] [folder|directory]
[show|print] [the|a|] directory [listing|contents] [of|for] {folder}
[show|print] [the|a|] directory listing
[give|get] me a [list|listing] of [the|all|] [files|things|documents] [in|inside] {folder}
[give|get] me a [list|listing] of [the|all|] {extension} files [in|inside] {folder}
[give|get] me a [list|listing] of [the|all|] {extension} [files|documents]
ls {folder}
ls
dir {folder}
[enumerate|display|print] [the|all|] files [in|of|under] {folder}
[open|look in|look into|look inside|peek into|check] the folder {folder}
[look|peek] [in|into|inside] [the|my|] {folder} [folder|directory]
[browse|open|go through] [the|my|] {folder} [folder|directory]
? [what|which] files are [in|inside|there in|under] [the|my|] {folder} [folder|directory|]
? [what is|what's|whats] [in|inside] [the|my|] {folder} [folder|directory]
? [what is|what's|whats] [in|inside] [the folder|the directory|folder|directory] {folder}
? [what is|what's|whats] in [here|this folder|the current folder|the workspace]
? [what|which] {extension} files [are there|do I have|do we have|exist] [in|inside|under] [the|] {folder}
? [what|which] {extension} files [are there|do I have|do we have|are here]
? [which|what] files [are there|do I have|do we have|are here]
? [are there|do I have|do we have] any {extension} files in {folder}
? [are there|do I have|do we have] any {extension} files
? [is there|do I have] anything in [the|] {folder} [folder|]
? what do [I|we] have in {folder}
? what does [the|] {folder} [folder|] contain
? what [stuff|things|documents] [is|are] [in|inside] {folder}
? contents of {folder}
? contents of [the|] {folder} folder
? files in {folder}
? {extension} files in {folder}
? which [documents|items|things] are in {folder}
? all [the|] {extension} files in {folder}
? I want to see [the|all|all the|] [files|stuff|things] in {folder}
? I want to see [the|all|all the|my|] {extension} files [in|from] {folder}
? I need [a list of|to see] [the|all|] {extension} files [in|under|from] {folder}
"""

CALLS["find_files"] = """
[find|locate|get] the [place|folder|location] [of|where I keep] {name:filename}
find out where {name:filename} is
find [me|] {name:filename} [please|]
find [my|the] {name:filename}
find [everything|anything|all] [called|named|matching] {name}
find [everything|anything|all] [called|named|matching] {name} in {folder}
? have [you|we] [seen|got] {name:filename}
? where in {folder} is {name:filename}
? which [directory|folder] did I [put|save] {name:filename} in
? is {name:filename} [somewhere|anywhere] in {folder}
? where on [my|this] [disk|computer] is {name:filename}
find [the|a|my|all|] [file|files|] [named|called|] {name}
find {name}
find [a|the|any|] file [called|named|with the name] {name} [in|under|inside] {folder}
find {name} [in|under|inside] [the folder|folder|] {folder}
find [all|every|any|] [file|files|] [matching|like] {name:glob}
find [all|every|any|] [file|files|] [matching|like] {name:glob} in {folder}
find [all|any|] files [with|that have|having] {name:stem} in [the|their] name
find [all|any|] files [with|that have] {name:stem} in [the|their] [name|file name|filename] [in|under] {folder}
find [all|] files whose name [contains|has|starts with|includes] {name:stem}
[locate|look for|hunt down|track down|dig up|search for] [the|my|a|] file [called|named|] {name:filename}
[locate|look for|hunt down|track down|dig up] {name:filename}
[locate|look for] {name} [in|under|inside|somewhere in] {folder}
look for [a|any|the|] [file|files] [named|called] {name} [in|under] {folder}
look for files [named|called|like] {name}
search for [a|the|] file [named|called] {name}
search for files [named|called] {name} in {folder}
search [the folder|] {folder} for [a|the|] [file|files] [called|named] {name}
[search|look] [by name|by file name] for {name}
help me find {name:filename}
help me find [my|the] file {name:filename}
[get|give] me the [path|location] of {name:filename}
? where is {name:filename}
? where is [the|my] file {name}
? where's {name:filename}
? where [did I|have I] [put|save|saved|leave|store] {name:filename}
? where [can I find|do I find|do I keep|is my file] {name:filename}
? in [which|what] folder is {name:filename}
? [which|what] folder [has|contains|holds] {name:filename}
? is there [a|any] file [called|named] {name}
? is there [a|any] file [called|named] {name} in {folder}
? do [I|we] have [a|any|] [file|files] [called|named] {name}
? do [I|we] have a {name:filename} [somewhere|anywhere]
? [which|what] files [are called|are named|match] {name}
? [which|what] files [are called|are named|match] {name} in {folder}
? [which|what] files have {name:stem} in [the|their] name
? I [can't|cannot] find {name:filename}
? I [lost|misplaced] [my file|the file|] {name:filename}
? I'm looking for [a file called|a file named|the file|] {name:filename}
? any files [called|named|like] {name}
? any file with {name:stem} in [the|its] name
"""

CALLS["search_text"] = """
[search|look] [everywhere|all over] for the [word|words|phrase|text] {text}
[search|look|check] inside {folder} for {text:quoted}
search {folder} for [the word|the phrase|the text|the string] {text}
[get|give] me [all|the] files [mentioning|that mention|about|with] {text:quoted}
find the file [where|in which] [I wrote|it says] {text:quoted}
find the [file|document|note] that [says|mentions|talks about|contains] {text:quoted}
find out which files [mention|contain] {text}
? who mentions {text:quoted} in [my|the] [notes|files|documents]
? which of my [files|notes|documents] [mention|contain|talk about] {text}
? what files have {text:quoted} in them
? where does it say {text:quoted}
? where does it say {text:quoted} in {folder}
? do any [files|notes|documents] [mention|contain] {text}
? is there [a file|a note|a document|anything] that [mentions|contains|talks about] {text}
search for {text:quoted} in [the|all|my|] files
search for {text:quoted} in {folder}
search for {text} in [the files in|the folder|all files in|all files under|] {folder}
search [the|my|all|all my|all the|] files for {text}
search [the folder|all files in|the files in|inside|in|] {folder} for {text}
search [the contents of|inside] [all|my|the|] files for {text}
search [my|the|] [documents|notes|files|workspace|project] for [the word|the phrase|the text|mentions of|] {text}
grep [for|] {text}
grep [for|] {text} in {folder}
grep {folder} for {text}
find [the word|the phrase|the text|the words|the string] {text} in [the|my|all|] files
find [the word|the phrase|the text|the words|the string] {text} in {folder}
find [all|] files [that contain|containing|that mention|mentioning] [the word|the phrase|] {text}
find [all|] files [that contain|containing|that mention|mentioning] [the word|the phrase|] {text} in {folder}
find [every|all|any] [mention|mentions|occurrence|occurrences] of {text}
find [every|all|any] [mention|mentions|occurrence|occurrences] of {text} in {folder}
find where [I|we] [wrote|mention|wrote about|mentioned] {text}
find where {text:quoted} [is used|is mentioned|appears|is written]
find {text:quoted} in [the|my|] [files|text|documents]
[look|check|scan] [through|in|inside] [the|my|all|all my|] files for {text}
[look|check|scan] [through|in|inside] {folder} for the [word|words|phrase|text] {text}
look for the [word|words|phrase|text] {text} in {folder}
look for [mentions of|the phrase|the word|the text] {text}
[show|list|tell] me [the|all the|] files [that contain|containing|that mention|with the text|with the word] {text}
[show|list|tell] me [the|all the|] files [that contain|containing|that mention|with the text|with the word] {text} in {folder}
[show|give] me [every line|all lines|the lines|lines] [that contain|containing|with] {text} in {folder}
? which files [contain|mention|have|include|talk about|refer to] [the word|the text|the phrase|] {text}
? which files in {folder} [contain|mention|have|include|talk about] [the word|the text|] {text}
? which [document|documents|note|notes|file] [contain|contains|mention|mentions|talk about|talks about] {text}
? where [do I|did I|do we|did we|have I] [mention|write about|wrote about|talk about|use] {text}
? where [is|does] {text:quoted} [appear|mentioned|used|written|occur]
? where in {folder} [is|does] {text:quoted} [appear|mentioned|used|occur]
? does [any|some] file [contain|mention] {text}
? does any file in {folder} [contain|mention] {text}
? is {text:quoted} [mentioned|written|found] [anywhere|somewhere|in any file]
? is {text:quoted} [mentioned|written|found] [anywhere|somewhere|] in {folder}
? in [which|what] file [did I write|do I mention|is] {text:quoted}
? any [mention|mentions] of {text} in {folder}
? I wrote {text:quoted} somewhere
? I need [every|all] [file|files] [mentioning|containing|that mentions|that mention] {text}
"""

CALLS["read_file"] = """
[show|read|give] me {path}
[show|read] me what is [in|inside] {path}
show [me|] the [text|contents] [inside|in] {path}
[dump|echo|reveal|present] [the contents of|the text of|] {path}
[open|read] [up|] {path} [please|so I can read it|and tell me what's inside]
[go|look] through {path} and [show|tell] me what it says
? what's written [in|inside] {path}
? what have I written in {path}
? what information is in {path}
? what text is in {path}
? what is {path} about
? what's the [text|content] of {path}
? [please|] {path}
read {path}
read [me|out|] [the file|the document|file|] {path}
read [the text of|the contents of|what is in|what's in|what it says in] {path}
read {path} [to me|aloud|for me|out loud]
show [me|] {path}
show [me|] [the file|file|document] {path}
show [me|] [what is|what's] in {path}
show [me|] [the|] [contents|content|text] of {path}
open {path}
open [the file|the document|file|up|] {path}
open {path} and [show me|read it|tell me what it says|show it]
cat {path}
[print|display|view|output|type out] {path}
[print|display|view|output|type out] [the|] [file|contents of|content of|text of] {path}
[let me see|let me read|let me look at|let me have a look at] {path}
[let me see|let me read] [the contents of|what's in|what is in] {path}
[give|tell] me [the|] [contents|content|text|full text] of {path}
[have|take] a look at {path}
[look|peek] at {path}
[look inside|look into|peek into|check] {path}
[pull up|bring up|load|fetch|get] {path}
[tell|show] me what {path} says
[tell|show] me what is [written|] in {path}
? [what is|what's|whats] in {path}
? [what is|what's|whats] [written|inside|] in [the file|file|] {path}
? [what is|what's|whats] inside {path}
? what does {path} say
? what does [the file|the document|] {path} [say|contain]
? what did I write in {path}
? what [do|does] [it say|I have] in {path}
? [can|could|may] I see {path}
? [can|could|may] I [read|see|have a look at] [the file|the contents of|] {path}
? I [want|need|would like|have] to [read|see|look at|view] {path}
? I'd like to [read|see|look at|view] [the file|] {path}
? contents of {path}
? text of {path}
? [what are|what're] the contents of {path}
? {path} [please|contents|- what's in it|, show me]
"""

CALLS["file_info"] = """
[measure|find out|determine] [the size of|how big is|how large is] {path}
[tell|show] me [how old|how long|how heavy] {path} is
[tell|show] me [the file size|the file type|the details] of {path}
tell me [what kind|what type] of file {path} is
tell me about {path}
find out [when|how recently] {path} was [changed|saved|modified]
? is {path} [bigger|larger|smaller|heavier] than [1 MB|10 MB|100 kB|a megabyte|a gigabyte]
? is {path} [new|old|recent|older than a year]
? how long is {path}
? what's the [file size|size] of {path}
? how many [bytes|kilobytes|megabytes] has {path}
? when did {path} [last|] change
? when was {path} [last|] [touched|written to|opened]
? what is {path}, a file or a folder
? how recent is {path}
[tell|show|give] me the size of {path}
[tell|show|give] me [how big|how large] {path} is
[tell|show|give] me [the|some|] [info|information|details|metadata|properties|stats] [of|about|on|for] {path}
[tell|show|give] me [the|] [date|modification date|last modified date|creation date|timestamp|age] of {path}
[tell|show|give] me when {path} was [changed|modified|created|saved|last edited|last changed]
[get|show|check|print] [the|] [file|] [size|type|date|info|details|properties|metadata|stats] [of|for|on] {path}
[check|see] [how big|how large|how old] {path} is
[check|see] when {path} was [last|] [changed|modified|saved|edited|updated]
[check|tell me|see] [if|whether] {path} exists
stat {path}
info [on|about|for] {path}
[get|fetch] [info|information|details] [on|about|for] {path}
? how [big|large|heavy] is {path}
? how [big|large|heavy] is [the file|the folder|file] {path}
? how [many bytes|much space] does {path} [have|take|take up|use|need]
? how [many bytes|many kb|many megabytes] is {path}
? how old is {path}
? how long ago was {path} [changed|modified|edited|saved]
? [what is|what's|whats] the [size|file size|date|type|file type|age|timestamp] of {path}
? [what is|what's|whats] the [size|date|type|age] of [the file|the folder] {path}
? [what is|what's|whats] the [size in bytes|modification date|last modified date|creation date] of {path}
? [what|which] [type|kind|sort] of file is {path}
? [what|which] [type|kind] of [thing|file] is {path}
? when was {path} [changed|modified|created|saved|written|edited|updated]
? when was {path} last [changed|modified|saved|edited|updated|touched]
? when did I [last|] [change|edit|save|update|touch|modify|create] {path}
? what [date|day] was {path} [changed|modified|created|saved|last saved]
? is {path} [big|large|a folder|a file|a directory|empty|very large]
? does {path} exist
? does [the file|the folder] {path} exist
? size of {path}
? [date|type|details|properties|metadata|last change|file size] of {path}
? {path} [size|details|info|- how big is it|, how big is it]
? I [want|need|would like] to know [the size of|how big|the date of|how large] {path}
? I need [the|] [details|properties|metadata|size] of {path}
"""

CALLS["write_file"] = """
write down {text:quoted} [in|to] a new file [called|named] {path}
write a [new|short|little|] [note|file|text] {path} [saying|that says|with] {text:quoted}
[write|put|save] the [sentence|words|text|line] {text:quoted} [to|in|into] [a new file|a file|the file] [called|named|] {path}
[make|create|write] a text file [called|named] {path} [that says|with|containing] {text:quoted}
[make|create] {path} [with the words|and fill it with|with this text:] {text:quoted}
create [a|a new] {path} that [says|contains|reads] {text:quoted}
create [a|a new] [file|document] {path} [where it says|in which it says] {text:quoted}
open a new file {path} and write {text:quoted} in it
[start|begin] {path} with [the line|the text|] {text:quoted}
set the [content|contents|text] of {path} to {text:quoted}
? can I have a file {path} [with|that says] {text:quoted}
? please [make|create] {path} [with|containing|saying] {text:quoted}
write {text} to {path}
write {text:quoted} [to|into|in] [the file|a file called|a new file|a file named|file|] {path}
write [the text|the words|the line|] {text:quoted} [into|to|in] {path}
write [a|a new|] file [called|named|] {path} [with|containing|with the text|with the content|saying|that says] {text}
write [a note|a text|a memo|a message] [called|named|in|to] {path} [with|saying|that says|containing] {text}
write {path} with [the text|the content|] {text}
write to {path}: {text}
write in {path} that {text}
create [a|a new|the|] [file|text file|document|note|] [called|named|] {path} [with|containing|saying|that says|with the text|with the content|with the words] {text}
create {path} [with|containing|saying|that says|with the text|with the content] {text}
create {path} and [write|put] {text} [in it|into it|inside|there]
create a file [called|named] {path} and [write|put] {text} [in it|into it|inside]
create a [file|note|text file] with [the text|] {text:quoted} [called|named|in|at] {path}
make [a|a new|the|] [file|text file|document|note] [called|named|] {path} [with|containing|saying|that says|with the text] {text}
make [a|a new] file {path} and [write|put] {text} [in it|inside]
make {path} [with|containing|saying] {text}
save {text} [to|in|as|into|under] {path}
save {text:quoted} [to|in|as|into|under] [the file|a file called|a new file|a file named] {path}
save [the text|the note|the words|this text|this] {text:quoted} [to|in|as|into] {path}
save this [to|in|as|under] {path}: {text}
save [a note|a file|a text] [called|named] {path} [with|saying|containing] {text}
store {text} in {path}
[store|record] {text:quoted} in [the|a|a new|] file {path}
put {text:quoted} in a [new|] file [called|named] {path}
put the text {text:quoted} [in|into] a [new|] [file|text file] {path}
put {text:quoted} [into|in] a [file|document|note] [called|named] {path}
[draft|start|begin|generate] [a|a new] [file|document|note] [called|named|] {path} [with|saying|containing|that says] {text}
new file {path} [with|:|containing|saying] {text}
[overwrite|replace the contents of|fill] {path} with {text}
? I [need|want] [a|a new] file [called|named] {path} [with|containing|that says|saying] {text}
? I'd like [a|a new] [file|note] [called|named] {path} [with|containing|that says|saying] {text}
? {path} should [contain|say|just say|have the text] {text}
? new [file|note] {path}: {text}
"""

CALLS["append_file"] = """
add [the sentence|the words|the text|the line|this line|this] {text:quoted} to {path}
add [this|the following|one more line] to {path}: {text}
add {text:quoted} [as a new line|as the last line|as another line] [to|in|of] {path}
[add|write|put] {text:quoted} [below|under] the [last line|rest] [of|in] {path}
[add|put] {text} [to|on] [my|the] {path} [list|]
append [the sentence|the word|the words|this line|this|a new line] {text:quoted} to {path}
append {text:quoted} [as a new line|as the last line] [to|in] {path}
remember {text:quoted} in {path}
make a note [in|to] {path}: {text}
make a note in {path} that {text}
[continue|complete|finish] {path} with [the line|] {text:quoted}
don't forget to add {text:quoted} to {path}
at the end of {path} [add|write|put] {text:quoted}
at the [end|bottom] of {path}, [add|write|put] {text}
? could {text:quoted} be added to {path}
add {text} to {path}
add {text:quoted} to [the end of|the bottom of|the file|my file|] {path}
add {text} [to the end of|at the end of|at the bottom of|to the bottom of] {path}
add [a line|a new line|the line|another line|one line|one more line] {text:quoted} to {path}
add [a line|a new line|another line] [saying|that says|with|reading] {text} to {path}
add [a line|a new line|the line|a note|an entry|an item] to {path}: {text}
add [a line|a new line|a note|an entry|an item|a bullet] to {path} [saying|that says|with|reading] {text}
add to {path}: {text}
add to {path} that {text}
add [the item|the entry|the task|the words|the text|an item|a task|an entry] {text} to [the list|my list|] {path}
append {text} to {path}
append {text:quoted} to [the end of|the file|file|] {path}
append [the line|a line|the text|the words] {text} to {path}
append to {path}: {text}
append [a line|a new line|an entry] to {path} [saying|that says|reading|with] {text}
[jot|note|write] down {text} in {path}
[jot|note|write] down in {path} [that|:] {text}
[jot|note] {text:quoted} in {path}
jot {text} down in {path}
put {text} on [my|the] list [in|at] {path}
put {text} [at|on] the [end|bottom] of {path}
put [a line|a new line|another line] {text:quoted} [at the end of|at the bottom of|in|into] {path}
put another [line|entry] in {path}: {text}
[write|insert|stick|tack|attach] {text} [at the end of|at the bottom of|onto the end of|on the end of] {path}
[write|insert|stick|tack|attach] [a line|another line|the line] {text:quoted} at the [end|bottom] of {path}
[write|log|record|enter] [a new line|another line|one more line|an entry|a new entry] in {path}: {text}
[log|record|enter] {text:quoted} in {path}
[log|record|enter] {text} [at the end of|at the bottom of] {path}
extend {path} [with|by] [the line|a line|] {text}
tack {text} [on to|onto] {path}
include {text:quoted} at the [end|bottom] of {path}
also [write|put|note] {text:quoted} [in|into] {path}
? one more [line|entry] for {path}: {text}
? {path} needs [another line|one more line|a new line]: {text}
? I [need|want] to add {text} to {path}
? {text:quoted} should go [at the end of|at the bottom of|on the end of] {path}
? {text:quoted} [goes to|belongs at] the [end|bottom] of {path}
"""

CALLS["edit_file"] = """
[replace|exchange|switch] {old_text:quoted} [with|by|for|to] {new_text:quoted} in {path}
replace [every|the|all] {old_text:quoted} in {path} [with|by] {new_text:quoted}
[change|correct|fix|update] {old_text:quoted} to {new_text:quoted} in {path}
[change|correct|fix] the [word|line|text|name|number|value] {old_text:quoted} in {path} to {new_text:quoted}
change {old_text} [into|to] {new_text} in [the file|] {path}
[open|take|go to] {path} and [replace|change] {old_text:quoted} [with|to|by] {new_text:quoted}
make {path} say {new_text:quoted} instead of {old_text:quoted}
in {path}, [replace|swap|exchange] {old_text:quoted} [with|for|by] {new_text:quoted}
in {path}, [write|put|use] {new_text:quoted} instead of {old_text:quoted}
? {path} has {old_text:quoted}, [make|change] it [to|] {new_text:quoted}
? instead of {old_text:quoted} {path} should say {new_text:quoted}
? can {old_text:quoted} be replaced [by|with] {new_text:quoted} in {path}
replace {old_text} [with|by] {new_text} in {path}
replace [the word|the text|the line|the name|] {old_text:quoted} [with|by] {new_text:quoted} in [the file|file|] {path}
replace {old_text:quoted} in {path} [with|by] {new_text:quoted}
in {path} replace {old_text} [with|by] {new_text}
in {path}, [change|turn] {old_text} [to|into] {new_text}
in {path} [change|swap|turn] {old_text:quoted} [to|into|for] {new_text:quoted}
in [the file|file] {path} [replace|substitute|swap] {old_text:quoted} [with|by|for] {new_text:quoted}
change {old_text} to {new_text} in {path}
change [the word|the text|the line|the name|the value|] {old_text:quoted} to {new_text:quoted} in [the file|file|] {path}
change {old_text:quoted} in {path} to {new_text:quoted}
change {path}: {old_text:quoted} should [be|become|read] {new_text:quoted}
swap {old_text} for {new_text} in {path}
swap [the word|the text|out|] {old_text:quoted} [for|with] {new_text:quoted} in {path}
swap {old_text:quoted} in {path} [for|with] {new_text:quoted}
substitute {new_text} for {old_text} in {path}
substitute {old_text:quoted} with {new_text:quoted} in {path}
edit {path}: [replace|change] {old_text} [with|to] {new_text}
edit {path} and [replace|change] {old_text:quoted} [with|to] {new_text:quoted}
edit {path} so that {old_text:quoted} [becomes|is|reads] {new_text:quoted}
edit {path} to say {new_text:quoted} instead of {old_text:quoted}
[fix|correct|update] {path}: {old_text} [to|should be|must be] {new_text}
[fix|correct] the [typo|error|mistake|spelling] {old_text:quoted} in {path} to {new_text:quoted}
[correct|update] {old_text:quoted} to {new_text:quoted} in {path}
[update|modify|alter] {path} [by changing|and change] {old_text:quoted} to {new_text:quoted}
[turn|make] {old_text:quoted} into {new_text:quoted} in {path}
put {new_text:quoted} instead of {old_text:quoted} in {path}
put {new_text:quoted} in place of {old_text:quoted} in {path}
use {new_text:quoted} instead of {old_text:quoted} in {path}
rewrite {old_text:quoted} as {new_text:quoted} in {path}
rename {old_text:quoted} to {new_text:quoted} inside the text of {path}
find {old_text:quoted} in {path} and [replace|change|swap] it [with|to|for] {new_text:quoted}
set {new_text:quoted} where {path} [says|has|reads] {old_text:quoted}
? {path} says {old_text:quoted} but it should [say|be|read] {new_text:quoted}
? where {path} says {old_text:quoted} it should say {new_text:quoted}
? {old_text:quoted} in {path} should be {new_text:quoted}
? {old_text:quoted} should be {new_text:quoted} in {path}
"""

CALLS["make_folder"] = """
[create|make|add] [a|a new] [folder|directory] [for me|] [called|named] {path}
[create|make] the [folder|directory] {path} [please|for me|]
[create|make] {path} as a [new|] [folder|directory]
[create|make] a [new|] [folder|directory] and [call|name] it {path}
[create|make] a [new|] [folder|directory] [at|under] {path}
give me a [new|] [folder|directory] [called|named] {path}
start a [folder|directory] {path}
put a [new|] [folder|directory] [called|named] {path} here
? could there be a [folder|directory] [called|named] {path}
? please a new [folder|directory] {path}
make [a|a new|the|] [folder|directory] [called|named|] {path}
make [a|a new|the|] [folder|directory] with the name {path}
make {path:plainfolder} [as a folder|folder|directory]
make me a [new|] [folder|directory] [called|named] {path}
create [a|a new|the|an empty|] [folder|directory|subfolder|subdirectory] [called|named|] {path}
create [a|a new|] [folder|directory] {path} [for me|there|]
create [a|a new|] [folder|directory] with the name {path}
[add|set up|start|open] a [new|] [folder|directory|subfolder] [called|named] {path}
add [a|the] [folder|directory] {path}
mkdir {path}
new [folder|directory|] [called|named|] {path}
new folder: {path}
[build|prepare] [a|the|a new] [folder|directory] [called|named|] {path}
[make|create] [an empty|another|one more] [folder|directory] [called|named] {path}
[make|create] [a|an empty] place [called|named] {path} for [my|the] files
[make|create] the [directory|folder|path] {path}
? I [need|want] [a|a new|an extra] [folder|directory] [called|named|] {path}
? I'd like [a|a new] [folder|directory] [called|named] {path}
? there should be a [folder|directory] [called|named] {path}
? can I have a [new|] [folder|directory] [called|named] {path}
? we need a [folder|directory] [called|named|] {path}
? a [new|] folder [called|named] {path}
"""

CALLS["move_file"] = """
take {source} and [put|move] it [in|into|to|inside] {destination}
take [the file|] {source} and [move|put] it [into|in] [the|] {destination} [folder|directory|]
take {source} and rename it [to|] {destination:samekind}
move {source} over [to|into] {destination}
move {source} [out of here|away|] to {destination}
move {source} so that it is in {destination}
rename {source} so it is [called|named] {destination:samekind}
[name|call|title] {source} {destination:samekind} [instead|from now on|now]
let {source} be called {destination:samekind}
change {source} to be called {destination:samekind}
change the [file|] name [of|from] {source} to {destination:samekind}
[put|place|file|stick] [the file|the document|my file] {source} [in|into|under] {destination}
[put|stick|throw] {source} [in|into|inside] the [folder|directory] [called|named|] {destination}
into {destination} [goes|with] {source}
? {source} is in the wrong place, [move|put] it [to|in|into] {destination}
? {source} is a bad name, [call|rename] it {destination:samekind}
? could {source} [be moved|go] [to|into] {destination}
move {source} to {destination}
move {source} [into|in|inside|over to|to] [the folder|the directory|folder|the|] {destination}
move {source} [into|to] the {destination} [folder|directory]
move [the file|the document|file|the folder:|my|the] {source} [to|into] {destination}
move {source:folder} [to|into|inside] {destination}
move [the folder|the directory] {source:folder} [to|into|inside] {destination}
rename {source} to {destination:samekind}
rename {source} [as|into] {destination:samekind}
rename [the file|file|the document|my file] {source} to {destination:samekind}
rename [the folder|the directory|folder] {source:folder} to {destination:newfolder}
[change|set] the name of {source} to {destination:samekind}
give {source} the [new|] name {destination:samekind}
call {source} {destination:samekind} [instead|from now on]
mv {source} {destination}
mv {source} {destination:samekind}
put {source} [in|into|inside] {destination}
put {source} [in|into|inside] [the|my] {destination} [folder|directory]
[stick|throw|drop|toss|shove|place|file|tuck] {source} [in|into|inside] {destination}
[stick|throw|drop|toss|shove|place|file|tuck] {source} [in|into|inside] [the|my] {destination} [folder|directory]
[shift|transfer|relocate|bring|take|send] {source} [to|into|over to] {destination}
[shift|transfer|relocate|bring|take|send] [the file|my file|the folder] {source} [to|into|over to] [the folder|] {destination}
get {source} [into|over to] {destination}
[drag|pull|push] {source} [to|into] {destination}
[archive|store|stash] {source} [in|into|under] {destination}
? {source} should be [moved to|in|called] {destination}
? {source} should [be in|go to|go into|go in|live in] {destination}
? {source} [belongs|goes] [in|into] {destination}
? {source} belongs in the {destination} [folder|directory]
? {source} needs to [be moved to|be in|go to|go into] {destination}
? {source} [must|has to] [be moved to|go to|go into] {destination}
? I want {source} [in|inside|moved to] {destination}
? I want {source} [renamed to|to be called] {destination:samekind}
? {source} -> {destination}
"""

CALLS["copy_file"] = """
make a backup of {source} [in|to|at|under] {destination}
make a backup of {source} [called|named|as] {destination:samekind}
make a copy of {source} and [put|place|store] it in {destination}
make a copy of {source} and [call|name] it {destination:samekind}
take {source} and [copy|duplicate] it [to|into] {destination}
copy {source} over [to|into] {destination}
copy the [contents of|whole|] [folder|directory] {source:folder} [to|into] {destination}
copy {source} so that {destination} has it too
back {source} up [to|in|into] {destination}
keep {source} but also put [a copy|it] in {destination}
[have|get] {source} copied [to|into] {destination}
create a [copy|duplicate|backup] of {source} [in|under|inside] {destination}
create a [copy|duplicate|backup] of {source} [called|named] {destination:samekind}
? {source} should also be in {destination}
? can {source} be copied [to|into] {destination}
copy {source} to {destination}
copy {source} [into|in|over to|to] [the folder|the directory|folder|the|] {destination}
copy {source} [into|to] the {destination} [folder|directory]
copy [the file|the document|file|my] {source} [to|into] {destination}
copy [the folder|the directory] {source:folder} [to|into] {destination}
copy {source:folder} [to|into] {destination}
copy {source} [as|to|under the name] {destination:samekind}
cp {source} {destination}
cp {source} {destination:samekind}
duplicate {source} [as|to|into|in] {destination:samekind}
duplicate {source} [into|in|to] {destination}
duplicate [the file|file] {source} [as|under the name|to] {destination:samekind}
clone {source} [to|into|as] {destination}
make a [copy|duplicate] of {source} [in|into|inside] {destination}
make a [copy|duplicate] of {source} [called|named|as] {destination:samekind}
make a [second|backup] copy of {source} [in|called|at|as] {destination}
[save|put|place|drop|store|leave|keep] a copy of {source} [in|into|inside] {destination}
[save|put|place|drop|store|leave|keep] a copy of {source} [in|into|inside] the {destination} [folder|directory]
[put|place|drop|store] a duplicate of {source} in {destination}
[back up|backup] {source} [to|in|into|as] {destination}
[back up|backup] [the file|my|the folder] {source} [to|in|into] {destination}
[replicate|mirror] {source} [to|in|into] {destination}
? I [need|want] a [copy|duplicate] of {source} [in|inside|under] {destination}
? I [need|want] a [copy|duplicate] of {source} [called|named|as] {destination:samekind}
? I [need|want] {source} in {destination} [too|as well|also]
? a copy of {source} should [be in|go to|go into] {destination}
? can I have a copy of {source} in {destination}
"""

CALLS["delete_file"] = """
delete [a|the] file [called|named] {path}
delete the file {path} [please|for me|for good|]
remove the file [called|named] {path}
remove {path} [from|off] [the disk|my disk|this computer|here|the folder]
get {path} [off|out of] [my|the] [disk|way|computer]
[drop|lose|ditch|axe|eliminate|clear] {path}
[drop|lose|ditch|eliminate] the [file|folder] {path}
[delete|remove|erase] {path}, [I don't need it|it is old|it's useless|we don't need it anymore]
take {path} away
take {path} out with the trash
send {path} to the [trash|bin|recycle bin]
? can {path} be [deleted|removed|erased]
? {path} is [junk|garbage|rubbish|trash]
? we don't need {path} [anymore|any more|any longer]
? I'm done with {path}, [delete|remove] it
? please no more {path}
delete {path}
delete [the file|the document|file|my file|my|the] {path}
delete [the folder|the directory|folder|directory] {path:folder}
delete [the|my] {path:folder} [folder|directory]
delete {path} [forever|permanently|completely|now|from the disk]
remove {path}
remove [the file|the document|file|my file|the] {path}
remove [the folder|the directory|folder] {path:folder}
remove the {path:folder} [folder|directory]
erase {path}
erase [the file|the document|the folder|file|] {path}
rm {path}
del {path}
[get rid of|dispose of|wipe|scrap|destroy|dump|discard|kill|nuke|zap|purge] {path}
[get rid of|dispose of|wipe|scrap|destroy|dump|discard|purge] [the file|the folder|my file|the] {path}
get rid of the {path:folder} [folder|directory]
trash {path}
trash [the file|the folder|my|the] {path}
[throw|toss|chuck] [away|out] {path}
[throw|toss|chuck] {path} away
[throw|put|move|toss|chuck] {path} in the [trash|bin|garbage|rubbish|recycle bin|waste basket]
[bin|junk] {path}
[clean up|clear out|clear] {path} [completely|for good|]
[make|let] {path} [disappear|go away|vanish]
? I [don't|do not] need {path} [anymore|any more|any longer]
? I no longer need {path}
? {path} can [go|be deleted|be removed|go away|be thrown away]
? {path} [should|must|has to] [go|be deleted|be removed]
? {path} is [obsolete|no longer needed|not needed anymore|useless], [delete|remove|trash] it
? I want {path} [gone|deleted|removed|out of here]
"""

CALLS["query_csv"] = """
? which is the [highest|largest|biggest]{calculation=maximum} {column} in {path}
? which is the [lowest|smallest]{calculation=minimum} {column} in {path}
? how much {column}{calculation=sum} altogether in {path}
? how many [records|rows|entries|lines]{calculation=count} has {path}
? what's the {column} [sum|total]{calculation=sum} [in|of|for] {path}
? what is the [sum|total]{calculation=sum} for {column} in {path} [per|by] {group_by}
? what is the [average|mean]{calculation=average} for {column} in {path}
? what are the total{calculation=sum} {column} [per|by|for each] {group_by} in {path}
? how many [rows|entries]{calculation=count} [does|do] each {group_by} have in {path}
? on average{calculation=average}, how [high|big|large] is {column} in {path}
[sum|total|add up]{calculation=sum} column {column} [of|in|from] {path}
[sum|total]{calculation=sum} the {column} [per|by|for each] {group_by} in {path}
[sum|total|add]{calculation=sum} up {column} in {path}
[take|use] {path} and [add up|sum]{calculation=sum} {column}
[take|use|open] {path} and [calculate|compute|tell me] the [average|mean]{calculation=average} {column}
[in|from|for] {path} [calculate|compute|give me|show me] the total{calculation=sum} {column}
[in|from|for] {path} [find|give me|show me] the [maximum|highest]{calculation=maximum} {column}
[in|from|for] {path} [find|give me|show me] the [minimum|lowest]{calculation=minimum} {column}
[in|from] {path}, count{calculation=count} the rows
average{calculation=average} {column} [per|by] {group_by} in {path}
max{calculation=maximum} {column} {path}
min{calculation=minimum} {column} {path}
avg{calculation=average} {column} [in|of|] {path}
mean{calculation=average} [of|] {column} [in|of|from] {path}
? what is the [total|sum]{calculation=sum} of [the column|column|the|] {column} in {path}
? what is the [total|sum]{calculation=sum} of {column} by {group_by} in {path}
? what is the total{calculation=sum} {column} in {path}
? what is the total{calculation=sum} {column} [by|per|for each|for every] {group_by} in {path}
? [how much is|what's] the total{calculation=sum} {column} in {path}
? how much {column}{calculation=sum} [is there|do we have] in total in {path}
? what do the {column} values in {path} [add up|sum up|come] to{calculation=sum}
? {column} total{calculation=sum} in {path}
? total{calculation=sum} {column} in {path}
? total{calculation=sum} {column} [per|by] {group_by} in {path}
[add up|sum up|sum|total up|total]{calculation=sum} [the|all|all the|] {column} [values|numbers|column|] in {path}
[add up|sum up|sum|total]{calculation=sum} {column} [by|per|grouped by] {group_by} in {path}
[add up|sum up|sum|total]{calculation=sum} the [column|field] {column} [of|in|from] {path}
[calculate|compute|work out|find|get|give me|show me|tell me] the [total|sum]{calculation=sum} of [the column|column|] {column} [in|of|from] {path}
[calculate|compute|work out|find|get|give me|show me|tell me] the total{calculation=sum} {column} [in|from] {path}
[calculate|compute|work out|get|give me|show me] the [total|sum of]{calculation=sum} {column} [per|by|for each|grouped by] {group_by} [in|from] {path}
? what is the [average|mean]{calculation=average} of [the column|column|the|] {column} in {path}
? what is the [average|mean]{calculation=average} {column} in {path}
? what is the [average|mean]{calculation=average} {column} [by|per|for each|for every] {group_by} in {path}
? what's the [average|mean]{calculation=average} {column} [in|of|from] {path}
? how [high|big|large] is the [average|mean]{calculation=average} {column} in {path}
? [average|mean]{calculation=average} {column} in {path}
? [average|mean]{calculation=average} [of|] {column} [per|by] {group_by} in {path}
? [in|from] {path}, what is the [average|mean]{calculation=average} {column}
average{calculation=average} [the|] {column} [column|values|] in {path}
[calculate|compute|work out|find|get|give me|show me|tell me] the [average|mean]{calculation=average} [of|] [the column|column|] {column} [in|of|from] {path}
[calculate|compute|work out|get|give me|show me] the [average|mean]{calculation=average} {column} [per|by|for each|grouped by] {group_by} [in|from] {path}
? what is the [highest|biggest|largest|maximum|max|top|greatest]{calculation=maximum} {column} in {path}
? what is the [highest|biggest|largest|maximum|max|greatest]{calculation=maximum} value [of|in] [the column|column|] {column} in {path}
? what is the [highest|biggest|largest|maximum]{calculation=maximum} {column} [by|per|for each] {group_by} in {path}
? what's the [highest|biggest|largest|maximum|max]{calculation=maximum} {column} in {path}
? how [high|big|large]{calculation=maximum} does {column} get in {path}
? [highest|biggest|largest|maximum|max]{calculation=maximum} [of|] {column} in {path}
[find|get|give me|show me|tell me] the [highest|biggest|largest|maximum|max|greatest]{calculation=maximum} {column} [in|of|from] {path}
[find|get|give me|show me] the [highest|biggest|largest|maximum|max]{calculation=maximum} {column} [per|by|for each|grouped by] {group_by} [in|from] {path}
? what is the [lowest|smallest|minimum|min|least]{calculation=minimum} {column} in {path}
? what is the [lowest|smallest|minimum|min|least]{calculation=minimum} value [of|in] [the column|column|] {column} in {path}
? what is the [lowest|smallest|minimum|cheapest]{calculation=minimum} {column} [by|per|for each] {group_by} in {path}
? what's the [lowest|smallest|minimum|min]{calculation=minimum} {column} in {path}
? how [low|small]{calculation=minimum} does {column} get in {path}
? [lowest|smallest|minimum|min]{calculation=minimum} [of|] {column} in {path}
[find|get|give me|show me|tell me] the [lowest|smallest|minimum|min]{calculation=minimum} {column} [in|of|from] {path}
[find|get|give me|show me] the [lowest|smallest|minimum|min]{calculation=minimum} {column} [per|by|for each|grouped by] {group_by} [in|from] {path}
? how many [rows|lines|entries|records|rows of data]{calculation=count} [are there in|are in|does|has] {path} [have|]
? how many [rows|lines|entries|records]{calculation=count} does {path} [have|contain]
? how many [rows|entries|records]{calculation=count} are [in|inside] {path}
? how many [rows|entries|records]{calculation=count} [per|for each|by] {group_by} [are|are there] in {path}
? what is the number of [rows|records|entries]{calculation=count} in {path}
? [number of rows|row count]{calculation=count} in {path}
? [number of rows|row count|rows]{calculation=count} [per|by] {group_by} in {path}
count{calculation=count} the [rows|entries|records|lines] [in|of] {path}
count{calculation=count} the [rows|entries|records] [in|of] {path} [per|by|for each|grouped by] {group_by}
[tell|show|give] me [how many rows|the number of rows|the row count]{calculation=count} [in|of|for] {path}
[group|break down] {path} by {group_by} and [sum|add up|total]{calculation=sum} {column}
[group|break down] {path} by {group_by} and average{calculation=average} {column}
[group|break down] {path} by {group_by} and count{calculation=count}
"""

CALLS["compare_files"] = """
compare {first} [and|with|to] {second} [and tell me what changed|line by line|please|]
compare the [contents|text] of {first} [and|with|to] {second}
compare these [two|files|two files]: {first} and {second}
[tell|show] me if {first} and {second} are [the same|identical|different]
[tell|show] me how {first} and {second} [differ|compare]
[find|see|work out] [how|where] {first} and {second} differ
[look|check] for differences between {first} and {second}
[match|contrast] {first} [with|against] {second}
? how do {first} and {second} [differ|compare]
? which lines [differ|changed|are different] between {first} and {second}
? what did I change between {first} and {second}
? what's new in {second} compared to {first}
? is there [a|any] difference between {first} and {second}
? are there [any|] [differences|changes] between {first} and {second}
compare {first} [and|with|to|against] {second}
compare [the file|the files|file|the two files|files|] {first} [and|with|to] {second}
diff {first} {second}
diff {first} [and|against|with] {second}
diff [the files|the file|] {first} and {second}
[show|tell|give] me the [differences|difference|changes] between {first} and {second}
[show|tell|give] me [how|where] {first} [differs|is different] from {second}
[show|tell|give] me what [changed|is different|differs] between {first} and {second}
[show|list|find|spot] [the|all|any|] [differences|changes] between {first} and {second}
[show|see] what [changed|is different] [between|in] {first} [and|compared to] {second}
[check|see|tell me] [if|whether] {first} and {second} are [the same|identical|equal|different]
[check|see|tell me] [if|whether] {first} [is the same as|matches|differs from] {second}
[check|hold|put] {first} against {second}
[put|look at] {first} and {second} side by side
run a diff [of|on|between] {first} and {second}
do a comparison [of|between] {first} and {second}
? what [changed|is different|has changed|differs] between {first} and {second}
? what is the difference between {first} and {second}
? what's the difference between {first} and {second}
? what are the [differences|changes] between {first} and {second}
? how [does|do] {first} [and|differ from] {second} [differ|]
? how [is|are] {first} different from {second}
? how different [are|is] {first} [and|from] {second}
? are {first} and {second} [the same|identical|equal|different]
? is {first} [the same as|identical to|different from|equal to] {second}
? do {first} and {second} [match|differ|have the same text]
? does {first} [match|differ from|equal] {second}
? [differences|difference|changes] between {first} and {second}
? {first} [vs|versus|compared to] {second}
? where do {first} and {second} differ
"""

CALLS["calculate"] = """
? so what is {expression}
? quick math: {expression}
? do you know [what|how much] {expression} is
? {expression} equals [what|how much]
? how many is {expression}
[calculate|compute|work out] [for me|please] {expression}
[calculate|compute|work out] this: {expression}
[add|multiply|do] this for me: {expression}
find the [result|value|answer] of {expression}
get me the [result|value] of {expression}
? what is {expression}
? what's {expression}
? whats {expression}
? how much is {expression}
? how much does {expression} [make|give|come to]
? what [does|do] {expression} [make|equal|give|come to|evaluate to]
? what do I get for {expression}
? what do you get for {expression}
? what would {expression} be
? {expression}
? {expression} =
? {expression} is [what|how much]
? what is the [result|value|answer] of {expression}
? what's the [result|value|answer] [of|to|for] {expression}
? I need [the result of|to know] {expression}
? can you do [the maths|the math|the sum] {expression}
calculate {expression}
calculate [the value of|the result of|] {expression}
compute {expression}
compute [the value of|the result of|] {expression}
work out {expression}
work out [the value of|how much is|] {expression}
[evaluate|solve|figure out|do] {expression}
[tell|give] me [what|how much] {expression} [is|makes]
[tell|give] me [the result of|the answer to|the value of] {expression}
[do|run] [the math|the maths|the calculation]: {expression}
"""

CALLS["current_time"] = """
? what hour is it
? what's the hour
? what is the date and time [now|right now|please]
? what time is it in this moment
? what date is today
? what's today
? which day of the week is it
? what is the day [today|]
? do we have [Monday|Tuesday|Sunday] today
? what day of the month is it
? how late is it [now|already]
? time now
? date today
say what time it is
let me know [the time|the date|what time it is|what day it is]
? what time is it
? what time is it [now|right now|at the moment|currently]
? what's the time
? what is the [time|current time|date|current date|date today|time now|time and date|date and time]
? what's [the date|today's date|the date today|the current time|the day today]
? what [day|date] is it
? what [day|date] is it today
? what day of the week is it
? what is [today|today's date|the day today]
? which [day|date] is [it|it today|today]
? which [year|month|day] is it
? what [year|month] is it [now|]
? is it [Monday|Friday|Sunday|morning|midnight] [already|yet|now|today]
? how late is it
? do you know [what time it is|the time|the date|today's date]
? do you have the time
? got the time
? [time|date|today's date|current time|current date|date and time]
? [time|date] please
? the [time|date] please
tell me the [time|date|current time|current date|date and time|day]
[give|show] me the [time|date|current time|current date|date and time]
tell me [what time it is|what day it is|what day is today|what the date is]
[show|check|read] the clock
[check|get] the [time|date|current time|current date]
"""

CALLS["ask_user"] = """
ask me {question}
ask me [the question|] {question:quoted}
ask [the user|the person|her|him] {question}
[put|pose] the question {question:quoted} to me
ask me this: {question}
first ask me {question}
question me about {question}
[check|confirm] with me {question}
"""

# tool: lines "parameter | wording" whose parameter is missing.
MISSING = {}
MISSING["find_files"] = """
name | ? I need to find a file
name | ? can you find [a file|something] for me
name | ? I lost a file
name | find [something|a document] in {folder}
name | find [a|the|that|my] file
name | find it
name | look for [a|the|my] file [in|under] {folder}
name | [locate|find] [the|a] [document|file] [for me|I need|I want|]
name | search for a file by name
name | search for a file in {folder}
name | ? I [can't|cannot] find [my|the|a] file
name | help me find [my|a] file
name | ? where is [it|the file|my file|my document|that document]
"""
MISSING["search_text"] = """
text | ? can you search [my|the|all] files for something
text | search [everything|everywhere]
text | search [the|my|all|] files
text | search [in|inside|] {folder}
text | search [for a word|for a phrase|for some text|for something] in {folder}
text | search [for a word|for a phrase|for some text] in [my|the] files
text | grep {folder}
text | look for [a|that|the] word in {folder}
text | find [a|the] [word|phrase|text] in [my|the] files
text | ? which files [contain|mention] it
"""
MISSING["read_file"] = """
path | read [the|my] [last|latest|new|other|old] [file|document|report|one]
path | open [the|my] [last|latest|new|other|old] [file|document|report|one]
path | ? can you read [a file|something|it] for me
path | ? what does my [file|document] say
path | read [the|a|that|my|this|one] [file|document|report|note]
path | read [it|this|that] [to me|aloud|out|]
path | open [the|a|that|my|this] [file|document|report|note]
path | open it
path | show [me|] [the|a|that|my|this] [file|document|report|text]
path | show me [the contents|the content|the text] [of the file|of it|]
path | ? [what is|what's] in [the|that|this|my] [file|document|report|note]
path | ? what does [it|the file|that file|the document|the report] say
path | [print|display|view] [the file|it|that document]
path | ? I want to [read|see] [a|the|that] [file|document|report]
path | let me see [the file|it|that document]
"""
MISSING["file_info"] = """
path | ? how [big|large|old] is [it|the file|that file|my file|this file]
path | ? [what is|what's] the [size|date|type] of [it|the file|that file|my document]
path | tell me the [size|date|type] of [it|the file|that file]
path | ? when was [it|the file|that file|the document] [changed|modified|last saved|last changed]
path | [get|show|give] [me|] [info|information|details] about [it|the file|that file]
path | [check|get] the [file|] size
path | ? does [it|the file|that file] exist
path | ? what [type|kind] of file is [it|that|this]
"""
MISSING["write_file"] = """
path | write {text:quoted} to [a|a new|the|some] file
path | save {text:quoted} [to|in|as] [a|a new|the] file
path | save {text:quoted}
path | create a [new|] file [with|saying|containing] {text:quoted}
path | make a [new|] [note|file|text file] [saying|that says|with] {text:quoted}
path | put {text:quoted} in a new file
text | write [a file|a text file|a note] [called|named] {path}
text | write something [to|into] {path}
text | create [a file|a text file|a new file|a document] [called|named] {path}
text | create {path}
text | make [a|a new] file [called|named|] {path}
text | save [it|this|that|something|a note] [to|as|in] {path}
text | write to {path}
"""
MISSING["append_file"] = """
path | add {text:quoted} to [the|a|my|that] [file|list]
path | append {text:quoted} to [the|a|my|that] file
path | append {text:quoted}
path | add [a line|the line] {text:quoted}
path | [jot|note|write] down {text:quoted}
path | add [a line|a note] [saying|that says] {text:quoted}
text | add [a line|something|an entry|a note|an item|a new line] to {path}
text | append [a line|something|some text|it|this|that] to {path}
text | append to {path}
text | add to {path}
text | put [a line|something|another line] at the [end|bottom] of {path}
text | extend {path}
"""
MISSING["edit_file"] = """
path | replace {old_text:quoted} [with|by] {new_text:quoted}
path | replace {old_text:quoted} [with|by] {new_text:quoted} in [the|a|my|that] file
path | change {old_text:quoted} to {new_text:quoted}
path | change {old_text:quoted} to {new_text:quoted} in [the|that|my] [file|document]
path | swap {old_text:quoted} for {new_text:quoted}
new_text | replace {old_text:quoted} in {path}
new_text | change {old_text:quoted} in {path}
new_text | change [the word|the text] {old_text:quoted} in {path}
new_text | edit {old_text:quoted} in {path}
old_text | edit {path}
old_text | edit [the file|file] {path}
old_text | change {path}
old_text | [replace|change] [a word|something|some text|a line] in {path}
old_text | [fix|correct] a typo in {path}
old_text | modify {path}
"""
MISSING["make_folder"] = """
path | make [a|a new|the|another] [folder|directory]
path | create [a|a new|the|another|an empty] [folder|directory]
path | ? I need [a|a new|another] [folder|directory]
path | add [a|a new] [folder|directory]
path | mkdir
path | new [folder|directory]
path | make me a [new|] folder
path | create a folder for my [files|pictures|documents|work]
"""
MISSING["move_file"] = """
source | move [the|my] [old|last|other|new] [file|document|one] to {destination}
destination | ? {source} should be somewhere else
destination | ? {source} needs [a new|another] [name|place|home]
destination | ? can you rename {source}
destination | ? can you move {source}
destination | move {source}
destination | move [the file|my file|] {source}
destination | rename {source}
destination | rename [the file|my file|] {source}
destination | move {source} [somewhere|somewhere else|elsewhere|to another folder|to another place]
destination | [relocate|shift|transfer] {source}
destination | change the name of {source}
destination | give {source} [a new|another|a better] name
destination | move {source} [there|over there]
destination | put {source} [somewhere else|in another folder|there]
source | move [it|the file|that file|this file|my file|the document|them] [to|into] {destination}
source | move [a|some] file [to|into] {destination}
source | put [it|the file|that file|this file] [in|into] {destination}
source | rename [it|the file|that file|my file] to {destination:samekind}
source | [stick|throw|drop] [it|this|that|the file] [in|into] {destination}
source | move [it|the file|a file|that|this file|some files]
source | rename [it|the file|a file|that|this file|my folder]
"""
MISSING["copy_file"] = """
destination | copy {source}
destination | copy [the file|my file|] {source}
destination | duplicate {source}
destination | make a [copy|duplicate] of {source}
destination | [back up|backup] {source}
destination | copy {source} [somewhere|somewhere else|to another folder|there]
source | copy [it|the file|that file|this file|my file|the document|them] [to|into] {destination}
source | copy [a|some] file [to|into] {destination}
source | make a copy of [it|the file|that file] in {destination}
source | put a copy of [it|the file|that file] in {destination}
source | copy [it|the file|a file|that|this file|some files]
source | duplicate [it|the file|a file|that|this file]
"""
MISSING["delete_file"] = """
path | delete [the|my] [old|last|new|latest|other|second|wrong] [file|report|draft|version|document|one]
path | delete one of my files
path | ? can you delete a file for me
path | ? something should be deleted
path | remove the [old|last|other|wrong] [file|folder|document]
path | delete [it|this|that|them]
path | delete [the|a|that|this|my|some|one] [file|folder|document|report|files]
path | remove [it|this|that|them|something]
path | remove [the|a|that|this|my|some] [file|folder|document]
path | get rid of [it|this|that|the file|that file|the folder|some files]
path | [erase|trash|wipe|bin] [it|this|that|the file|that file|the folder]
path | [throw|toss] [it|this|that|the file] away
path | ? I [don't|do not] need [it|this|that|this file|that file] anymore
path | throw [it|the file|that] in the trash
path | delete something
path | clean up
"""
MISSING["query_csv"] = """
path | ? what is the [total|sum]{calculation=sum} of {column}
path | ? what is the average{calculation=average} {column}
path | ? what is the [highest|biggest]{calculation=maximum} {column} in the [file|table]
path | ? what is the [lowest|smallest]{calculation=minimum} {column} in the [file|table]
path | [add up|sum up]{calculation=sum} the {column} [column|values]
path | [calculate|compute] the [average|mean]{calculation=average} of {column} in the [table|file|csv]
path | ? how many rows{calculation=count} [are there|are in the table|does the table have|are in the file]
path | count{calculation=count} the rows [of the table|in the file|]
"""
MISSING["compare_files"] = """
second | compare {first}
second | compare {first} with [another file|the other one|the other file|something]
second | diff {first}
second | ? what changed in {first}
second | show [me|] the differences [in|to|with|of] {first}
second | ? is {first} the same as the other [one|file]
first | compare [the files|two files|them|both files|these two files]
first | compare [it|the file|that file] [to|with] {second}
first | diff [the files|two files|them]
first | show [me|] the differences between [the files|two files|them|the two files]
first | ? are [they|the files|the two files|both files] [the same|identical|different]
"""
MISSING["calculate"] = """
expression | calculate [something|it|that|this|the result|] [for me|]
expression | do [a|the|some] [calculation|maths|math|sum]
expression | work [it|something|that] out
expression | ? can you calculate [something|a sum]
expression | compute [it|the result|something]
expression | ? I need [a calculation|something calculated|some maths]
"""

# What is asked for a missing value.
QUESTIONS = {
    ("find_files", "name"): "Which file name should I look for?",
    ("search_text", "text"): "Which words should I search for?",
    ("read_file", "path"): "Which file should I read?",
    ("file_info", "path"): "Which file do you mean?",
    ("write_file", "path"): "Which file should I write to?",
    ("write_file", "text"): "What should I write in it?",
    ("append_file", "path"): "Which file should I add it to?",
    ("append_file", "text"): "What should I add?",
    ("edit_file", "path"): "Which file should I change?",
    ("edit_file", "old_text"): "Which text should I replace?",
    ("edit_file", "new_text"): "What should the new text be?",
    ("make_folder", "path"): "What should the new folder be called?",
    ("move_file", "source"): "Which file should I move?",
    ("move_file", "destination"): "Where should I move it?",
    ("copy_file", "source"): "Which file should I copy?",
    ("copy_file", "destination"): "Where should I copy it?",
    ("delete_file", "path"): "Which file should I delete?",
    ("query_csv", "path"): "Which table should I use?",
    ("query_csv", "calculation"): "What should I work out?",
    ("compare_files", "first"): "Which files should I compare?",
    ("compare_files", "second"): "Which file should I compare it with?",
    ("calculate", "expression"): "What should I calculate?",
    ("ask_user", "question"): "What should I ask?",
}

# Other names, parameter names and descriptions for the same abilities, as other programs call them.
ALIASES = {
    "list_files": (["ls", "list_directory", "list_dir", "show_folder", "get_files", "directory_listing", "browse_folder", "dir_contents", "fs_list"],
                   {"folder": ["directory", "dir", "path", "location"], "extension": ["ext", "type", "suffix", "file_type"]},
                   ["List a directory.", "Show what is in a folder.", "Get the names of the files in a directory.", "List folder contents.", "Returns the entries of a directory."]),
    "find_files": (["locate", "find_by_name", "search_files", "locate_file", "glob", "file_search", "find"],
                   {"name": ["pattern", "filename", "query", "file_name", "glob"], "folder": ["directory", "dir", "path", "where"]},
                   ["Locate files by their name.", "Find files whose name matches a pattern.", "Search for a file by name.", "Look up where a file is."]),
    "search_text": (["grep", "search_contents", "find_in_files", "text_search", "search_in_files", "content_search"],
                    {"text": ["query", "words", "pattern", "phrase", "needle"], "folder": ["directory", "dir", "path", "where"]},
                    ["Find files that contain a text.", "Search the contents of files.", "Look for a phrase in all files.", "Full-text search in files."]),
    "read_file": (["cat", "open_file", "get_contents", "show_file", "load_file", "view_file", "file_read", "fetch_document"],
                  {"path": ["file", "filename", "file_path", "document", "name"]},
                  ["Return the contents of a file.", "Open a file and return its text.", "Show what a file contains.", "Get the text of a document."]),
    "file_info": (["stat", "get_info", "file_details", "properties", "file_stat", "metadata", "describe_file"],
                  {"path": ["file", "filename", "file_path", "item", "name"]},
                  ["Show size and date of a file.", "Get the metadata of a file.", "Return the properties of a file: size, type, age.", "Details about a file."]),
    "write_file": (["create_file", "save_file", "save_text", "new_file", "file_write", "store_text", "put_file"],
                   {"path": ["file", "filename", "file_path", "name"], "text": ["content", "contents", "body", "data"]},
                   ["Create a file with the given content.", "Save a text in a file.", "Create or overwrite a file.", "Store text under a file name."]),
    "append_file": (["add_line", "append_text", "append", "add_to_file", "append_line", "note_down"],
                    {"path": ["file", "filename", "file_path", "name"], "text": ["line", "content", "entry", "body"]},
                    ["Append a line to a file.", "Add text at the end of a file.", "Put another line into an existing file.", "Extend a file by a line."]),
    "edit_file": (["replace_text", "replace_in_file", "substitute", "change_text", "str_replace", "modify_file", "patch_file"],
                  {"path": ["file", "filename", "file_path"], "old_text": ["old", "from", "search", "find", "before"], "new_text": ["new", "to", "replacement", "replace", "after"]},
                  ["Change a text inside a file.", "Substitute one text for another in a file.", "Find and replace in a file.", "Edit a file by replacing a string."]),
    "make_folder": (["mkdir", "create_folder", "new_folder", "create_directory", "add_folder", "make_dir"],
                    {"path": ["name", "folder", "directory", "dir", "folder_name"]},
                    ["Create a folder.", "Create a new directory.", "Add an empty folder.", "Make a directory."]),
    "move_file": (["mv", "rename", "move", "relocate_file", "rename_file", "transfer_file", "move_item"],
                  {"source": ["from", "path", "src", "old_path", "file"], "destination": ["to", "target", "dest", "new_path", "dst"]},
                  ["Move a file to another place.", "Rename or move a file.", "Relocate a file or directory.", "Give a file a new path."]),
    "copy_file": (["cp", "duplicate", "copy", "clone_file", "duplicate_file", "copy_item"],
                  {"source": ["from", "path", "src", "original", "file"], "destination": ["to", "target", "dest", "copy_path", "dst"]},
                  ["Duplicate a file.", "Make a copy of a file.", "Copy something to another place.", "Clone a file or directory."]),
    "delete_file": (["rm", "remove", "remove_file", "erase", "trash", "unlink", "delete_item", "erase_file"],
                    {"path": ["file", "filename", "target", "item", "name"]},
                    ["Remove a file.", "Erase a file from the disk.", "Move a file to the trash.", "Get rid of a file or directory."]),
    "query_csv": (["csv_stats", "aggregate", "table_stats", "summarize_csv", "column_stats", "compute_column"],
                  {"path": ["file", "table", "csv", "filename"], "calculation": ["operation", "function", "op", "statistic"], "column": ["field", "col", "values"], "group_by": ["by", "per", "group", "groups"]},
                  ["Aggregate a column of a table.", "Compute statistics of a CSV file.", "Sum or average the values of a CSV column.", "Work out totals from a table file."]),
    "compare_files": (["diff", "compare", "file_diff", "show_changes", "diff_files"],
                      {"first": ["a", "left", "file1", "old", "one"], "second": ["b", "right", "file2", "new", "other"]},
                      ["Compare two files.", "Find out how two files differ.", "Diff two documents.", "Show what changed between two files."]),
    "calculate": (["calc", "calculator", "evaluate", "math", "compute", "eval_expression"],
                  {"expression": ["formula", "input", "expr", "term"]},
                  ["Evaluate a formula.", "Calculator for numbers.", "Do arithmetic.", "Compute the value of an expression."]),
    "current_time": (["clock", "now", "get_time", "today", "date_time", "time"], {},
                     ["Show the current time.", "Get today's date and the time.", "What time it is.", "Read the clock."]),
    "ask_user": (["ask", "clarify", "question", "prompt_user"], {"question": ["text", "prompt", "message"]},
                 ["Put a question to the user.", "Ask the user something.", "Get an answer from the person."]),
}
