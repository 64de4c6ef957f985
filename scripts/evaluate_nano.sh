#!/bin/sh
# Measures models/weir-nano.gguf and writes models/README.md and models/routing.json. Takes some minutes on two cores.
#   scripts/evaluate_nano.sh [WEIR_BINARY]
set -eu
cd "$(dirname "$0")/.."
weir=${1:-build/release/bin/weir}
table=$(mktemp)
WEIR_MODEL=models/weir-nano.gguf "$weir" eval routing eval/routing/handwritten.jsonl eval/routing/seen_wording.jsonl eval/routing/heldout_wording.jsonl \
  eval/routing/renamed_tools.jsonl eval/routing/unseen_tools.jsonl --distractors eval/routing/distractors.json \
  --out "$table" --json-out models/routing.json >/dev/null
{
  cat <<'HEAD'
# Models

| file | what |
|---|---|
| `weir-nano.gguf` | the shipped default model |
| `shortlist.tsv` | word weights of the scorer that narrows the tool list; compiled into `weir` |
| `routing.json` | the figures below |

Both are made by [training/](../training) from generated data alone (some words in it are from Debian's word list), under the project's licence.
What the model is:

```
HEAD
  WEIR_MODEL=models/weir-nano.gguf "$weir" model info | grep -v '^file'
  cat <<'HEAD'
```

## What it gets right

Written by `scripts/evaluate_nano.sh`. *Model alone* sees the whole list; *scorer alone* is its first tool; *both together* is the product: the
scorer's best six go to the model (twelve where it is unsure), the model chooses and fills under the grammar; where the two differ their log-odds are added,
the sum decides, and a close sum becomes a question.
*exact* is the right tool with every argument; *asked instead* is a question where a call was wanted; *asks when it must* and *says none fits* are shares
of the ambiguous requests and of those that no tool fits; *wrong writes* counts calls that would have written or deleted and were not meant
(every one of them is still shown and asked before it happens); *s* is seconds a request.

`handwritten` are 179 requests in people's own words, written apart from the generator ([eval/routing](../eval/routing)). The other suites are generated, 300
requests each with a list of 12 of its own: `seen_wording` with request grammars that training used, but fresh values and lists; the others with wordings,
names and tools that training held out. How much the scorer counts was set on the generated suites, never on the handwritten one.

HEAD
  cat "$table"
} > models/README.md
rm -f "$table"
echo "models/README.md written"
