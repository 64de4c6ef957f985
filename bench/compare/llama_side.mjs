// The llama.cpp side of the comparison: loads a model once and answers the requests that
// `weir model bench --from-stdin` answers (src/benchmark/requests.h), one JSON object a line.
//
//   node llama_side.mjs MODEL --tokens FILE --threads N [--batch N]
//
// Every request may carry "kv": "f16" or "q8_0", the type of the KV cache; each has a context of its
// own. Flash attention is on.
//
// A round is llama_decode alone: the batches go straight to the binding that node-llama-cpp's own
// classes use (fields with an underscore, hence the exact version in package.json), because its
// public calls either compute no logits or sample a token each time. The likeliest token is asked
// for after the clock has stopped.

import {readFileSync} from "node:fs";
import {createInterface} from "node:readline";
import {parseArgs} from "node:util";

const {values: flags, positionals} = parseArgs({
    allowPositionals: true,
    options: {
        tokens: {type: "string"},
        threads: {type: "string", default: "2"},
        batch: {type: "string", default: "512"}
    }
});
const threads = Number(flags.threads);
const batch = Number(flags.batch);
const bytes = readFileSync(flags.tokens);
const tokens = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);

// Memory of Node itself, which is none of llama.cpp's.
const anonymousKb = () =>
    Number(/RssAnon:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
const {getLlama} = await import("node-llama-cpp");
const llama = await getLlama({gpu: false, build: "never", logLevel: "error", maxThreads: threads});
const anonymousBytesBeforeLoad = anonymousKb() * 1024;
const model = await llama.loadModel({modelPath: positionals[0]});

// kv type -> {context, depth, checkpoint}: a sequence whose rounds begin after `depth` tokens.
const states = new Map();
const sampler = new llama._bindings.AddonSampler(model._model);
sampler.applyConfig({temperature: 0});

async function open({kv = "f16", context: contextSize}) {
    await states.get(kv)?.context.dispose();
    states.delete(kv);
    if (contextSize > tokens.length)
        throw new Error(`a context of ${contextSize} tokens; the program was given ${tokens.length} token ids`);
    const type = kv.toUpperCase();
    const context = await model.createContext({
        contextSize, batchSize: batch, threads, sequences: 1, flashAttention: true,
        experimentalKvCacheKeyType: type, experimentalKvCacheValueType: type
    });
    context._ctx.setThreads(threads);
    states.set(kv, {context, depth: 0, checkpoint: null});
    return {context: contextSize, threads: context._ctx.getThreads()};
}

function stateOf({kv = "f16", tokens: n}) {
    const state = states.get(kv);
    if (state == null) throw new Error(`no context for ${kv} keys and values; open one first`);
    if (!Number.isInteger(n) || n < 0) throw new Error(`"tokens" is ${n}, expected a number`);
    if (state.depth + n > state.context.contextSize)
        throw new Error(`${n} tokens at depth ${state.depth} do not fit ${state.context.contextSize}`);
    return state;
}

// Computes tokens [from, to) in one llama_decode; gives the index of the last one's logits.
async function pass(state, from, to, wantLogits) {
    const ctx = state.context._ctx;
    ctx.initBatch(to - from);
    const logits = Uint32Array.from(wantLogits ? [to - from - 1] : []);
    const [index] = ctx.addToBatch(0, from, tokens.subarray(from, to), logits);
    await ctx.decodeBatch();
    return index;
}

async function goBack(state) {
    const ctx = state.context._ctx;
    if (state.depth === 0) return ctx.disposeSequence(0);
    if (!await ctx.restoreCheckpoint(state.checkpoint, state.depth - 1, 0))
        throw new Error(`llama.cpp did not go back to depth ${state.depth}`);
}

async function extend(request) {
    const state = stateOf(request);
    await goBack(state);
    const begin = performance.now();
    const end = state.depth + request.tokens;
    for (let at = state.depth; at < end; at += batch)
        await pass(state, at, Math.min(at + batch, end), false);
    const seconds = (performance.now() - begin) / 1000;
    // The short-convolution state cannot be rewound, so it is kept; keys and values stay in place.
    const checkpoint = new llama._bindings.AddonContextSequenceCheckpoint();
    if (end > 0) await checkpoint.init(state.context._ctx, 0);
    Object.assign(state, {depth: end, checkpoint});
    return {depth: end, seconds};
}

async function measure(request, tokensAPass) {
    const state = stateOf(request);
    if (request.tokens < 1) throw new Error("a round of 0 tokens; it takes at least one");
    await goBack(state);
    const end = state.depth + request.tokens;
    let index;
    const begin = performance.now();
    for (let at = state.depth; at < end; at += tokensAPass) {
        const to = Math.min(at + tokensAPass, end);
        index = await pass(state, at, to, tokensAPass === 1 || to === end);
    }
    const seconds = (performance.now() - begin) / 1000;
    return {seconds, next_token: await state.context._ctx.sampleToken(index, sampler)};
}

const operations = {
    open, extend,
    prefill: (request) => measure(request, batch),
    decode: (request) => measure(request, 1)
};

const say = (object) => process.stdout.write(JSON.stringify(object) + "\n");
say({ready: true, threads, kernels: llama.systemInfo, anonymous_bytes_before_load: anonymousBytesBeforeLoad});
for await (const line of createInterface({input: process.stdin})) {
    try {
        const request = JSON.parse(line);
        const operation = operations[request.op];
        if (operation == null) throw new Error(`"op" is '${request.op}', expected ${Object.keys(operations).join(", ")}`);
        say(await operation(request));
    } catch (error) {
        say({error: String(error?.message ?? error)});
    }
}
process.exit(0);
