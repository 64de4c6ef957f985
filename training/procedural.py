"""Tools that no program ships: a verb, an object and a few parameters, with the requests that fit them.

They keep the model from learning the shipped tools by heart: what a tool does has to be read from its line. A fifth of the
verbs and objects is held out for evaluation.
"""

import zlib

import values as v

# canonical verb: other words for it
VERBS = {}
for _line in """
cancel: call off, abort
book: reserve
order: buy, purchase
send: mail, ship
schedule: plan, set up
remind: nudge
translate: convert
summarize: sum up, condense
resize: scale
rotate: turn
compress: shrink, pack
encrypt: lock up, scramble
decrypt: unlock
upload: push
download: fetch, pull down
play: start playing, put on
pause: hold, suspend
stop: halt, end
start: begin, launch, kick off
restart: reboot, bounce
mute: silence
share: hand out, pass on
invite: ask in
approve: accept, okay
reject: decline, turn down
publish: release, post
archive: shelve, put away
restore: recover, bring back
refund: pay back, give back
charge: bill
pay: settle
transfer: wire
track: follow, trace
assign: give, hand over
tag: label, mark
rate: score
review: assess, go over
sort: order by, arrange
filter: narrow down
merge: combine, join
split: divide, break up
print: run off
scan: digitize
record: tape, capture
crop: trim
rename: retitle
validate: verify, check
test: try out
deploy: roll out
build: compile
install: set up
uninstall: take off
update: refresh, bring up to date
lock: secure
unlock: open up
open: open up
close: shut
dim: lower
brighten: turn up
heat: warm up
cool: chill
water: sprinkle
feed: give food to
count: tally
measure: gauge
weigh: check the weight of
convert: change, turn
estimate: guess, approximate
forecast: predict
monitor: watch, keep an eye on
ping: poke
block: ban
unblock: unban
follow: subscribe to
unfollow: unsubscribe from
report: flag
hire: take on
dismiss: let go
promote: upgrade
extend: prolong, lengthen
renew: continue
import: bring in, load in
export: dump, write out
sync: synchronize
clean: tidy
repair: fix, mend
inspect: examine, look over
register: sign up, enrol
unregister: sign off
enable: turn on, switch on, activate
disable: turn off, switch off, deactivate
reset: clear
calibrate: adjust
show: display
get: look up, fetch, give me
check: look at
set: change, adjust
draw: sketch
paint: color
mix: blend
cook: prepare
bake: make
rent: lease
return: bring back
clone: replicate
freeze: put on ice
wake: rouse
call: phone, ring
text: message
notify: alert, let know
escalate: raise
snooze: put off
delay: postpone, push back
annotate: comment on
sign: put a signature on
stamp: time-stamp
inflate: pump up
polish: shine
collect: gather
distribute: hand round
allocate: set aside
audit: go through
benchmark: time
visualize: plot, chart
describe: explain, tell me about
identify: recognize
detect: spot
crawl: spider
index: catalogue
""".strip().splitlines():
    _k, _, _rest = _line.partition(":")
    VERBS[_k.strip()] = [w.strip() for w in _rest.split(",") if w.strip()]

# canonical object: other words for it
OBJECTS = {}
for _line in """
flight: plane ticket
hotel: room
taxi: cab, ride
train
meeting: appointment
event
reminder
alarm
timer
song: track
playlist
album
movie: film
video: clip
podcast
photo: picture, image
screenshot
email: mail
newsletter
message
letter
package: parcel
order: purchase
invoice: bill
payment
subscription: membership
account
user: member
customer: client
employee: worker, staff member
team: group
ticket: case
issue: bug
branch
commit
pull request: merge request
release: version
server: machine, host
container
cluster
database: db
table
backup: snapshot
service: daemon
job
pipeline
script
package version
certificate
password
key
token
domain
website: site
page
article: post
comment
review
survey: poll
form
contract: agreement
license
policy
claim
loan: credit
budget
expense
salary: wage
tax return
stock: share
portfolio
currency: money
exchange rate
weather: forecast
temperature
light: lamp
heater: radiator
thermostat
fan
blind: shutter
door
window
garage
camera
sensor
vacuum: robot vacuum
washing machine: washer
oven
fridge: refrigerator
coffee machine
plant: flower
garden
pet
recipe: dish
meal
grocery list: shopping list
restaurant
table reservation
workout: training
run
diet
prescription
doctor
patient
lab result
vaccine
course: class
lesson
exam: test
grade: mark
student: pupil
teacher
book
chapter
dictionary entry
word: term
sentence
paragraph
document: doc
slide
spreadsheet: sheet
chart: diagram
map
route: way
address
place: spot
parking space
vehicle: car
bike: bicycle
scooter
driver
warehouse
shipment: delivery
product: item
coupon: voucher
discount
cart: basket
wishlist
game
score
match
tournament
player
avatar
channel
stream
thread: discussion
notification: alert
contact: address book entry
phone number
device: gadget
printer
scanner
router
network: wifi
firewall rule
drone
satellite
telescope
experiment
sample: specimen
dataset
model
robot
conveyor
valve: tap
pump
tank
engine: motor
turbine
battery
solar panel
meter
signal
antenna
radio: receiver
building: house
apartment: flat
tenant
lease
elevator: lift
gate
visitor: guest
badge
locker
desk
room
projector
microphone: mic
speaker: loudspeaker
ship: boat
crew
cargo: freight
flight plan
runway
gene
protein
molecule
mineral
crystal
fossil
star
planet
poem
painting
statue
museum
exhibit
donation: gift
campaign
voter
petition
permit
fine: penalty
passport
visa
kingdom
spell
potion
dragon
quest
inventory slot
wand
candle
carpet
curtain
mirror
pillow
umbrella
necklace
watch
shoe
jacket: coat
shirt
""".strip().splitlines():
    _k, _, _rest = _line.partition(":")
    OBJECTS[_k.strip()] = [w.strip() for w in _rest.split(",") if w.strip()]

ADJ = """daily weekly local remote main backup guest billing shipping office home new test staging public private internal shared
digital smart old paper team personal company city online spare weekend winter summer""".split()

# role: (parameter names, phrases with {v}, value function, is a number, enum or None)
ROLES = {
    "city": (["city", "location", "place", "town"], ["in {v}", "for {v}", "in {v}", "near {v}"], v.city, False),
    "to_city": (["destination", "to", "target_city"], ["to {v}", "going to {v}"], v.city, False),
    "from_city": (["origin", "from", "start"], ["from {v}", "leaving {v}"], v.city, False),
    "date": (["date", "day", "when"], ["on {v}", "for {v}", "by {v}"], v.date, False),
    "time": (["time", "at", "start_time"], ["at {v}", "for {v}"], v.clock, False),
    "person": (["person", "recipient", "name", "user", "owner", "assignee"], ["for {v}", "to {v}", "with {v}"], v.person, False),
    "id": (["id", "number", "code", "reference", "key"], ["{v}", "number {v}", "with id {v}", "with the number {v}", "no. {v}"], v.code, False),
    "name": (["name", "title", "label"], ["called {v}", "named {v}", "{v}", "with the name {v}"], v.name, False),
    "email": (["email", "address", "recipient", "to"], ["to {v}", "for {v}", "at {v}"], v.email, False),
    "url": (["url", "link", "site", "source"], ["from {v}", "at {v}", "{v}"], v.url, False),
    "text": (["text", "message", "content", "note", "body"], ["saying {v!}", "with the text {v!}", "that says {v!}", "with the message {v!}"], v.phrase, False),
    "reason": (["reason", "comment", "note"], ["because of {v}", "with the reason {v!}", "due to {v}"], v.noun_phrase, False),
    "topic": (["topic", "subject", "query", "about"], ["about {v}", "on {v}", "on the topic {v!}"], v.noun_phrase, False),
    "language": (["language", "lang", "target_language"], ["in {v}", "into {v}", "to {v}"], v.language, False),
    "item": (["item", "product", "thing"], ["of {v}", "{v}"], v.noun_phrase, False),
    "tag": (["tag", "category", "group", "list"], ["tagged {v}", "with the tag {v}", "under {v}", "in the group {v}"], v.noun_phrase, False),
    "amount": (["amount", "price", "sum", "value"], ["of {v}", "for {v}", "worth {v}", "over {v}"], lambda r: r.choice([r.randint(1, 999), r.randint(1, 50) * 10, round(r.random() * 100, 2)]), True),
    "count": (["count", "quantity", "copies", "limit", "times"], ["{v} times", "with {v} copies", "at most {v}", "limited to {v}"], lambda r: r.randint(1, 60), True),
    "minutes": (["minutes", "duration", "seconds", "hours"], ["for {v} minutes", "lasting {v} minutes", "for {v}"], lambda r: r.randint(1, 120), True),
    "percent": (["percent", "level", "brightness", "volume"], ["to {v} percent", "at {v}%", "to {v}", "at level {v}"], lambda r: r.randint(1, 100), True),
    "degrees": (["degrees", "angle", "temperature"], ["by {v} degrees", "to {v} degrees", "to {v}"], lambda r: r.randint(1, 180), True),
    "file": (["file", "path", "filename"], ["from {v}", "in {v}", "{v}", "using {v}"], lambda r: v.file(r, allow_space=False)[0], False),
    "priority": (["priority", "importance", "urgency"], ["with {v} priority", "as {v} priority"], ["low", "medium", "high"], False),
    "format": (["format", "type", "as"], ["as {v}", "in {v} format", "as a {v}"], ["pdf", "csv", "json"], False),
    "unit": (["unit", "units", "scale"], ["in {v} units", "in {v}"], ["metric", "imperial"], False),
    "size": (["size", "variant"], ["in size {v}", "in {v}", "size {v}"], ["small", "medium", "large"], False),
    "color": (["color", "colour"], ["in {v}", "{v}"], ["red", "green", "blue", "white", "black"], False),
    "mode": (["mode", "state", "setting"], ["in {v} mode", "to {v}"], ["auto", "eco", "boost", "off"], False),
}

DESCRIPTIONS = ["{V} a {o}.", "{V} the {o}.", "{V} {o}s.", "{V} one {o}.", "{V} a {o} of the user.", "Use this to {v} a {o}.", "{V} a {o} for someone.",
                "Lets you {v} a {o}.", "{O}: {v} it."]


def held_out(word):
    return zlib.crc32(("w" + word).encode()) % 5 == 0


def pools(heldout):
    verbs = [x for x in VERBS if held_out(x) == heldout]
    objects = [x for x in OBJECTS if held_out(x) == heldout]
    return verbs, objects


POOLS = {False: pools(False), True: pools(True)}


def style_name(r, words):
    """A function name out of words, in one of the usual styles."""
    words = [w for word in words for w in word.replace("-", " ").split()]
    x = r.random()
    if x < 0.72:
        return "_".join(words)
    if x < 0.84:
        return words[0] + "".join(w.capitalize() for w in words[1:])
    if x < 0.9:
        return "-".join(words)
    if x < 0.95:
        return ".".join([words[-1], "_".join(words[:-1]) or "do"])
    return "".join(w.capitalize() for w in words)


class Spec:
    """What a procedural tool is: drawn once, then asked for requests."""

    def __init__(self, r, heldout, verb=None, obj=None):
        verbs, objects = POOLS[heldout]
        self.verb = verb or r.choice(verbs)
        self.base = obj or r.choice(objects)
        self.adj = r.choice(ADJ) if r.random() < 0.3 else ""
        self.object = (self.adj + " " + self.base).strip()
        n = r.choice([0, 1, 1, 1, 2, 2, 2, 3, 3])
        roles = r.sample(list(ROLES), n)
        self.nonsense_params = r.random() < 0.12
        self.params = []  # (role, name, required)
        for role in roles:
            name = r.choice(ROLES[role][0]) if not self.nonsense_params else v.nonsense(r)
            if any(name == p[1] for p in self.params):
                continue
            self.params.append((role, name, r.random() < 0.62))
        self.params.sort(key=lambda p: not p[2])
        x = r.random()
        if x < 0.1:
            self.name = style_name(r, [v.nonsense(r), v.nonsense(r)][: r.randint(1, 2)])
        elif x < 0.2:
            self.name = style_name(r, [v.nonsense(r, 2), self.base])
        elif x < 0.28:
            self.name = style_name(r, [self.object])
        elif x < 0.36 and VERBS[self.verb]:
            self.name = style_name(r, [r.choice(VERBS[self.verb]), self.base])
        else:
            self.name = style_name(r, [self.verb, self.object])
        word = r.choice(VERBS[self.verb]) if VERBS[self.verb] and r.random() < 0.15 else self.verb
        self.description = r.choice(DESCRIPTIONS).format(V=word[0].upper() + word[1:], v=word, o=self.object, O=self.object[0].upper() + self.object[1:])

    def schema(self):
        props = {}
        for role, name, _ in self.params:
            kind = ROLES[role][2]
            if isinstance(kind, list):
                props[name] = {"type": "string", "enum": kind}
            else:
                props[name] = {"type": "number" if ROLES[role][3] else "string"}
        return {"name": self.name, "description": self.description,
                "parameters": {"type": "object", "properties": props, "required": [n for _, n, q in self.params if q]}}

    def request(self, r, leave_out=None):
        """(pieces, arguments, imperative): pieces are strings or (value, quoted)."""
        verb = self.verb if not VERBS[self.verb] or r.random() < 0.55 else r.choice(VERBS[self.verb])
        obj = self.base if not OBJECTS[self.base] or r.random() < 0.65 else r.choice(OBJECTS[self.base])
        if self.adj and r.random() < 0.6:
            obj = self.adj + " " + obj
        pieces = [f"{verb} " + r.choice(["the ", "the ", "my ", "a ", "", "this ", "our "]) + obj]
        args = {}
        given = [p for p in self.params if p[1] != leave_out and (p[2] or r.random() < 0.5)]
        r.shuffle(given)
        for role, name, _ in given:
            _, phrases, kind, number = ROLES[role]
            value = r.choice(kind) if isinstance(kind, list) else kind(r)
            shown = str(value)
            explicit = self.nonsense_params or r.random() < 0.2
            if explicit:
                words = name.replace("_", " ") if r.random() < 0.8 else name
                phrase = r.choice(["with {n} {v}", "{n} {v}", "{n}: {v}", "with the {n} {v}", "and {n} {v}", ", {n} is {v}", "{n}={v}" if not self.nonsense_params else "with {n} {v}"])
                phrase = phrase.replace("{n}", words)
                if "=" in phrase:
                    phrase = phrase.replace("=", " = ")
            else:
                phrase = r.choice(phrases)
            quoted = ("{v!}" in phrase and r.random() < 0.7) or (" " in shown and not number and r.random() < 0.3) or r.random() < 0.05
            before, after = phrase.replace("{v!}", "{v}").split("{v}")
            pieces += [("" if before.startswith(",") else " ") + before, (shown, quoted and not isinstance(kind, list) and not number), after]
            args[name] = value
        order = {n: i for i, (_, n, _) in enumerate(self.params)}
        return pieces, dict(sorted(args.items(), key=lambda kv: order[kv[0]])), True

    def missing(self, r):
        """A request that lacks a required value: (pieces, arguments, parameter, question, imperative) or None."""
        need = [n for _, n, q in self.params if q]
        if not need:
            return None
        leave = r.choice(need)
        pieces, args, _ = self.request(r, leave_out=leave)
        if any(isinstance(p, tuple) for p in pieces) and len(self.params) == 1:
            return None
        return pieces, args, leave, self.question(leave), True

    def question(self, name):
        return f"Which {name.replace('_', ' ')} should I use?"

    def value_for(self, r, name):
        role = next(p[0] for p in self.params if p[1] == name)
        kind = ROLES[role][2]
        return r.choice(kind) if isinstance(kind, list) else kind(r)
