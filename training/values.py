"""Values that people put into requests: file names, folders, texts, numbers, names. Every function takes a random.Random.

A value is always a literal span of the request, so nothing here may begin or end with a character that the span rule of the
run-time grammar treats as a boundary (see README.md, "spans").
"""

STEMS = """notes todo report budget invoice draft summary photo image resume cv letter recipe plan agenda minutes contract
receipt taxes sales customers orders inventory expenses payroll data results log server access error debug output input config
settings readme changelog license main index app utils helper test setup build script backup archive old new final thesis paper
chapter intro conclusion slides deck talk poster menu shopping groceries birthday wedding travel trip itinerary packing hotel
flight tickets passport insurance policy rent lease mortgage bank statement accounts ledger journal diary ideas brainstorm
feedback survey answers questions exam homework essay lecture syllabus grades students teachers staff employees contacts
addresses phone emails newsletter banner logo icon avatar cover sketch design mockup wireframe scan holiday beach family cat dog
garden kitchen bathroom floorplan map route song lyrics playlist podcast interview recording voice video clip movie trailer
screenshot diagram chart graph table figures stats metrics weather climate energy meter power water sensor temperature training
model weights features labels users sessions events clicks visits traffic leads pipeline forecast quarterly annual monthly weekly
daily timesheet hours shifts roster schedule calendar meeting standup retro roadmap backlog issues bugs tasks checklist manual
guide faq help tutorial example demo sample template proposal offer quote pricing products catalog stock prices crypto portfolio
trades dividends library books movies games scores league team players matches fixtures workout fitness diet calories health
symptoms prescription vaccines lab blood allergies doctor""".split()

MODIFIERS = """old new final draft copy backup my our team project client q1 q2 q3 q4 2019 2020 2021 2022 2023 2024 2025 2026 jan feb
mar apr may june july aug sep oct nov dec monday friday v1 v2 v3 01 02 1 2 3 42 007 small big full short long home work private
public shared internal raw clean merged fixed signed unsigned printed scanned edited cropped north south east west london berlin
paris tokyo anna ben clara david emma frank smith jones miller acme globex beta alpha""".split()

EXTENSIONS = """txt txt txt txt md md pdf pdf pdf docx doc xlsx csv csv json xml yaml toml ini log log html css js ts py py cpp h c rs go
java sh sql jpg jpg png png gif svg mp3 wav mp4 mov avi zip tar.gz gz bak tmp pptx odt rtf tex eml ics vcf conf cfg dat bin""".split()

FOLDERS = """reports archive backup documents downloads pictures photos music videos projects work private desktop old new tmp temp
invoices 2022 2023 2024 2025 src docs tests test build bin lib data raw logs config assets images media scripts notes drafts
templates exports imports inbox outbox shared public letters school university taxes finance hr legal marketing sales design
research papers books recipes travel family holidays summer winter client clients customers contracts receipts scans backups
january february march april june july august september october november december website blog code misc stuff trash-bin todo
letters-2024 old_stuff my-project team-a release dist vendor results plots figures models datasets audio clips garden house car
bank insurance medical events meetings minutes slides homework lectures archive-2019 Music Photos Documents Desktop Downloads
Archive Backup Reports Invoices Projects""".split()

FOREIGN = """übung größe straße müller rechnung_märz kündigung übersicht lebenslauf prüfung schlüssel élève café résumé_été facture
réunion_février noël château niño mañana informe_año contraseña reunión presupuesto coração informação relatório_março reunião
zażółć łódź sprawozdanie_październik kościół příloha žádost účet smlouva_č3 árvíztűrő jelentés költségvetés číslo șomaj învățare
raport_iunie отчёт документ письмо_маме договор фотографии_2023 план_работы заметки звіт рахунок їжак αναφορά σημειώσεις
τιμολόγιο ημερολόγιο çalışma öğrenci rapor_şubat bütçe ığdır 報告書 会議メモ 請求書_3月 旅行 写真 メモ データ 报告 发票_2024 会议记录 照片
笔记 预算表 보고서 회의록 사진 메모_3월 예산 ملاحظات تقرير فاتورة דוח חשבונית מסמך รายงาน บันทึก ภาพถ่าย रिपोर्ट बजट नोट्स hồ_sơ báo_cáo hóa_đơn
ảnh_gia_đình määräys työpöytä smörgåsbord räkning_maj årsrapport møde_referat ísland þýðing pärnu kõne mįslė ąžuolas ķirsis""".split()

GIVEN = """Anna Ben Clara David Emma Frank Grace Hugo Ines Jonas Karim Lena Marco Nina Omar Paula Quentin Rosa Sven Tara Uma Victor
Wanda Xavier Yusuf Zoe Priya Chen Aiko Mateo Fatima Olga Ivan Sofia Liam Noah Mia Ada Alan Linus Maria Pedro Jürgen Łukasz Søren
Chloé Björn Zeynep Ngozi Ravi""".split()

FAMILY = """Smith Jones Müller Garcia Rossi Novak Kim Tanaka Patel Silva Larsen Kowalski Dubois Ivanova Haddad Okafor Nguyen Brown
Schmidt Lopez Fischer Weber Costa Moreau Janssen Berg Lind Popescu Papadopoulos Yilmaz""".split()

CITIES = """London Berlin Paris Tokyo Madrid Rome Oslo Vienna Prague Lisbon Dublin Cairo Lima Boston Chicago Denver Austin Seattle
Toronto Sydney Mumbai Delhi Seoul Osaka Nairobi Lagos Athens Warsaw Zürich München Köln Malmö Reykjavik Havana Bogotá Santiago
Quito Kyiv Riga Vilnius Porto Geneva Marseille Lyon Bremen Hamburg""".split()

NOUNS = """apple river window project meeting invoice garden bicycle printer coffee password router battery ticket lemon engine bridge
camera market novel painter storm island forest mirror pencil blanket candle guitar hammer jacket kettle ladder magnet needle
orange pillow quilt rocket saddle tunnel umbrella velvet wallet yogurt zebra account branch customer delivery element feature
gateway header instance journey kernel license manager network object packet query record server template update version widget
deadline budget contract salary holiday bonus refund discount warranty receipt supplier warehouse""".split()

ADJECTIVES = """red blue green old new late early final urgent broken empty full quiet loud bright dark warm cold cheap free local remote
public secret daily weekly missing extra simple strange tiny huge sweet sour""".split()

VERBS3 = """buy call send fix check order book paint clean water feed wash return renew cancel print sign pay review update test finish
start plan bring pack sell rent repair replace install""".split()

SYLLABLES = """ba be bi bo bu da de di do du fa fe fi fo ga go gu ha hi ho ja jo ka ke ki ko la le li lo lu ma me mi mo mu na ne ni no nu
pa pe pi po ra re ri ro ru sa se si so su ta te ti to tu va ve vi vo wa we wi xa xi ya yo za ze zi zo zu bri cla dro fle gri
plo qua sti tra vlo wre zor blen quix snar tok mib plex drax fenn gosk""".split()


def _dictionary():
    """Plain words of Debian's package wamerican, so that copying does not lean on the lists above; those lists where it is missing."""
    try:
        with open("/usr/share/dict/words", encoding="utf-8") as f:
            words = [w.strip() for w in f]
    except FileNotFoundError:
        return NOUNS + STEMS
    return [w for w in words if w.isascii() and w.isalpha() and w.islower() and 3 <= len(w) <= 12]


RARE = _dictionary()


def rare(r):
    """Any word of the language."""
    return r.choice(RARE)


def nonsense(r, n=None):
    return "".join(r.choice(SYLLABLES) for _ in range(n or r.randint(2, 3)))


def stem(r):
    """A file stem without spaces."""
    x = r.random()
    if x < 0.10:
        s = rare(r)
    elif x < 0.15:
        s = r.choice("_-_-.").join([rare(r), r.choice([rare(r), r.choice(STEMS), r.choice(MODIFIERS)])])
    elif x < 0.36:
        s = r.choice(STEMS)
    elif x < 0.60:
        s = r.choice("_-_-.")[0].join(r.sample([r.choice(STEMS), r.choice(MODIFIERS)], 2))
    elif x < 0.68:
        s = r.choice("_-").join([r.choice(STEMS), r.choice(STEMS), r.choice(MODIFIERS)])
    elif x < 0.74:
        s = r.choice(STEMS) + str(r.choice([1, 2, 3, 7, 10, 12, 99, 2023, 2024, 2025]))
    elif x < 0.82:
        s = r.choice(FOREIGN)
    elif x < 0.88:
        s = nonsense(r) + (r.choice(["", "", "_2", "-x", "01"]))
    elif x < 0.91:
        s = r.choice(STEMS) + r.choice(STEMS).capitalize()
    elif x < 0.95:
        s = r.choice(["IMG_", "DSC", "scan-", "Screenshot_", "doc"]) + str(r.randint(1, 99999))
    else:
        s = "%04d-%02d-%02d" % (r.randint(2015, 2026), r.randint(1, 12), r.randint(1, 28))
        if r.random() < 0.5:
            s += r.choice("_-") + r.choice(STEMS)
    x = r.random()
    if x < 0.08:
        s = s.upper()
    elif x < 0.25:
        s = s[0].upper() + s[1:]
    return s


def spaced_stem(r):
    """A file stem with spaces."""
    x = r.random()
    if x < 0.4:
        words = [r.choice(STEMS).capitalize(), r.choice(STEMS).capitalize()]
    elif x < 0.6:
        words = [r.choice(MODIFIERS), r.choice(STEMS)]
    elif x < 0.75:
        words = [r.choice(STEMS).capitalize(), r.choice(GIVEN), r.choice(FAMILY)]
    elif x < 0.9:
        words = [r.choice(STEMS), r.choice(["for", "of", "and", "from", "-"]), r.choice(STEMS + GIVEN)]
    else:
        words = [r.choice(FOREIGN), r.choice(FOREIGN)]
    if r.random() < 0.35:
        words[r.randrange(len(words))] = rare(r)
    if r.random() < 0.06:
        words = [r.choice(FOREIGN).capitalize(), str(r.randint(1, 40))]
    if r.random() < 0.25:
        words = [w.lower() for w in words]
    if r.random() < 0.3:
        words.append(r.choice(["(1)", "(2)", "2023", "2024", "2025", "v2", "final", "copy"]))
    return " ".join(words)


def folder_name(r):
    x = r.random()
    if x < 0.12:
        w = rare(r)
        return w.capitalize() if r.random() < 0.4 else w
    if x < 0.62:
        return r.choice(FOLDERS)
    if x < 0.74:
        return r.choice(FOREIGN)
    if x < 0.84:
        return r.choice(STEMS) + r.choice(["_", "-"]) + r.choice(MODIFIERS)
    if x < 0.92:
        return nonsense(r)
    return stem(r)


def _join(r, parts):
    x = r.random()
    if x < 0.07:
        return r.choice("CDE") + ":\\" + "\\".join(parts)
    if x < 0.12:
        return "\\".join(parts)
    if x < 0.18:
        return "~/" + "/".join(parts)
    if x < 0.26:
        return "/" + r.choice(["home/" + r.choice(GIVEN).lower(), "tmp", "var", "srv", "data"]) + "/" + "/".join(parts)
    if x < 0.31:
        return "./" + "/".join(parts)
    if x < 0.34:
        return "../" + "/".join(parts)
    return "/".join(parts)


def folder(r, allow_space=True):
    """A folder path, and whether it must be quoted."""
    x = r.random()
    if x < 0.66:
        return folder_name(r), False
    if x < 0.92 or not allow_space:
        p = _join(r, [folder_name(r) for _ in range(r.choice([1, 2, 2, 3]))])
        if r.random() < 0.12 and not p.endswith(("/", "\\")):
            p += "\\" if "\\" in p else "/"
        return p, False
    return r.choice([spaced_stem(r), "My " + r.choice(FOLDERS).capitalize(), r.choice(FOLDERS) + "/" + spaced_stem(r), rare(r).capitalize() + " " + rare(r).capitalize(),
                     folder_name(r) + "/" + r.choice(["2018 ", "2021 ", "2024 ", "old ", "new "]) + rare(r), r.choice(FOLDERS).capitalize() + " " + r.choice(MODIFIERS)]), True


def file(r, ext=None, allow_space=True):
    """A file path, and whether it must be quoted."""
    e = ext or r.choice(EXTENSIONS)
    if r.random() < 0.05:
        e = e.upper()
    if allow_space and r.random() < 0.13:
        name, spaced = spaced_stem(r) + "." + e, True
    else:
        x = r.random()
        if x < 0.03 and not ext:
            name = r.choice(["Makefile", "README", "LICENSE", ".gitignore", ".env", ".bashrc", "Dockerfile", "hosts", "CMakeLists.txt"])
        else:
            name = stem(r) + "." + e
        spaced = False
    if r.random() < 0.26:
        name = _join(r, [folder_name(r) for _ in range(r.choice([1, 1, 2, 3]))] + [name])
    return name, spaced


def pattern(r):
    """What find_files looks for: a part of a name or a pattern."""
    x = r.random()
    if x < 0.2:
        return r.choice(STEMS)
    if x < 0.3:
        return rare(r)
    if x < 0.5:
        return stem(r)
    if x < 0.64:
        return "*." + r.choice(EXTENSIONS)
    if x < 0.72:
        return r.choice(STEMS) + "*"
    if x < 0.78:
        return r.choice(STEMS) + "*." + r.choice(EXTENSIONS)
    return file(r, allow_space=False)[0].replace("\\", "/").split("/")[-1]


def phrase(r):
    """Two to eight words without punctuation at the ends."""
    x = r.random()
    if x < 0.06:
        return r.choice(NOUNS)
    if x < 0.14:
        return " ".join(rare(r) for _ in range(r.choice([1, 1, 2, 2, 3])))
    if x < 0.34:
        return f"{r.choice(VERBS3)} {r.choice(NOUNS)}"
    if x < 0.5:
        return f"{r.choice(VERBS3)} the {r.choice(ADJECTIVES)} {r.choice(NOUNS)}"
    if x < 0.58:
        return f"{r.choice(VERBS3)} {r.choice(GIVEN)} {r.choice(['about', 'for', 'before', 'after', 'with'])} the {r.choice(NOUNS)}"
    if x < 0.66:
        return f"{r.choice(['meeting', 'lunch', 'call', 'dinner'])} with {r.choice(GIVEN)} at {r.randint(1, 12)}" + r.choice(["pm", "am", ":30", ""])
    if x < 0.72:
        return f"{r.choice(NOUNS)} {r.randint(1, 5000)}"
    if x < 0.78:
        return " ".join(r.choice(NOUNS) for _ in range(r.randint(2, 4)))
    if x < 0.84:
        return f"the {r.choice(NOUNS)} is {r.choice(ADJECTIVES)}" + r.choice(["", f" and the {r.choice(NOUNS)} is {r.choice(ADJECTIVES)}"])
    if x < 0.88:
        return " ".join(nonsense(r) for _ in range(r.randint(1, 3)))
    if x < 0.92:
        return " ".join(r.choice(FOREIGN) for _ in range(r.randint(1, 3)))
    if x < 0.96:
        return f"{r.choice(GIVEN)} {r.choice(FAMILY)}"
    return r.choice(["Hello world", "hello world", "TODO", "FIXME", "thank you", "see you soon", "done", "foo", "foo bar", "happy birthday",
                     "call me back", "to be continued", "hello", "I was here", "nothing to do", "v1.2.3", "DEBUG=1", "ok"])


def word(r):
    """A short replaceable thing: a word, a number, a name, a setting."""
    x = r.random()
    if x < 0.14:
        return r.choice(NOUNS)
    if x < 0.3:
        return rare(r)
    if x < 0.42:
        return r.choice(GIVEN) + (" " + r.choice(FAMILY) if r.random() < 0.3 else "")
    if x < 0.54:
        return str(r.choice([r.randint(1, 99), r.randint(100, 9999), r.randint(2015, 2027)]))
    if x < 0.62:
        return r.choice(CITIES)
    if x < 0.7:
        return f"{r.choice(['port', 'debug', 'mode', 'level', 'color', 'size', 'lang'])}={r.choice(['8080', '80', 'true', 'false', 'dark', 'on', 'off', 'en', 'xl', '9000'])}"
    if x < 0.78:
        return r.choice(ADJECTIVES)
    if x < 0.84:
        return nonsense(r)
    if x < 0.9:
        return r.choice(FOREIGN)
    if x < 0.95:
        return f"{r.choice(ADJECTIVES)} {r.choice(NOUNS)}"
    return r.choice(["v1.0", "v2.3", "1.5", "TODO", "DONE", "foo", "bar", "baz", "localhost", "example.com", "http", "https", "colour", "color"])


COLUMNS = """amount price total quantity qty revenue cost age salary score weight height distance duration temperature discount tax units
sales profit balance hours rating visits clicks views stock points rate volume speed power size income rent fee amount_eur net_total
unit_price order_value betrag preis menge montant precio cantidad kwota цена 金額""".split()

GROUPS = """region country city category customer product department month year team status type gender store brand supplier day
employee account channel currency kategorie land stadt pays ciudad kunde""".split()


def column(r):
    s = r.choice(COLUMNS)
    x = r.random()
    if x < 0.1:
        s = s.capitalize()
    elif x < 0.14:
        s = s.upper()
    elif x < 0.18:
        s = nonsense(r)
    elif x < 0.32:
        s = rare(r)
    return s


def group(r):
    s = r.choice(GROUPS) if r.random() < 0.8 else rare(r)
    return s.capitalize() if r.random() < 0.12 else s


def number(r):
    x = r.random()
    if x < 0.5:
        return str(r.randint(1, 99))
    if x < 0.8:
        return str(r.randint(100, 9999))
    if x < 0.9:
        return "%.1f" % (r.random() * 100)
    return "%.2f" % (r.random() * 1000)


def expression(r):
    x = r.random()
    a, b, c, d = (number(r) for _ in range(4))
    op = lambda: r.choice(["+", "-", "*", "/", "*", "+", "x", "^", "%"])
    sp = r.choice([" ", " ", ""])
    if x < 0.42:
        o = op()
        return f"{a}{sp if o != 'x' else ' '}{o}{sp if o != 'x' else ' '}{b}"
    if x < 0.54:
        return f"{a} {r.choice(['plus', 'minus', 'times', 'divided by', 'multiplied by'])} {b}"
    if x < 0.64:
        return f"{r.choice([a, '15', '20', '7.5'])}{r.choice(['%', ' percent'])} of {b}"
    if x < 0.74:
        return f"{a}{sp}{r.choice('+-*/')}{sp}{b}{sp}{r.choice('+-*/')}{sp}{c}"
    if x < 0.86:
        return f"({a}{sp}{r.choice('+-')}{sp}{b}){sp}{r.choice('*/')}{sp}{c}"
    if x < 0.93:
        return f"{a}{sp}{r.choice('*/')}{sp}({b}{sp}{r.choice('+-')}{sp}{c})"
    if x < 0.96:
        return f"sqrt({r.randint(2, 999)})"
    return f"{a} {r.choice('+-*/')} ({b} {r.choice('+-')} {c}) {r.choice('*/')} {d}"


MONTHS = "January February March April May June July August September October November December".split()


def date(r):
    return r.choice([
        lambda: r.choice(["tomorrow", "today", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]),
        lambda: "next " + r.choice(["week", "month", "Monday", "Friday"]),
        lambda: f"{r.choice(MONTHS)} {r.randint(1, 28)}",
        lambda: f"{r.randint(1, 28)} {r.choice(MONTHS)}",
        lambda: "%04d-%02d-%02d" % (r.randint(2020, 2027), r.randint(1, 12), r.randint(1, 28)),
        lambda: "%d/%d/%d" % (r.randint(1, 28), r.randint(1, 12), r.randint(2020, 2027))])()


def clock(r):
    return r.choice([f"{r.randint(1, 12)}{r.choice(['am', 'pm', ' pm', ' am'])}", "%d:%02d" % (r.randint(0, 23), r.choice([0, 15, 30, 45])), "noon", "midnight"])


def code(r):
    x = r.random()
    if x < 0.35:
        return str(r.randint(10, 99999))
    if x < 0.7:
        return r.choice(["A", "B", "X", "INV-", "TK-", "ord_", "#", "PR", "AB", "id-"]) + str(r.randint(1, 9999))
    if x < 0.85:
        return nonsense(r) + str(r.randint(1, 99))
    return "".join(r.choice("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789") for _ in range(r.randint(4, 8)))


def person(r):
    x = r.random()
    if x < 0.5:
        return r.choice(GIVEN)
    if x < 0.9:
        return f"{r.choice(GIVEN)} {r.choice(FAMILY)}"
    return r.choice(["my boss", "the team", "my sister", "accounting", "my doctor", "the landlord"])


def email(r):
    return f"{r.choice(GIVEN).lower()}{r.choice(['', '.' + r.choice(FAMILY).lower(), str(r.randint(1, 99))])}@{r.choice(['example.com', 'mail.org', 'acme.io', 'work.net', nonsense(r) + '.com'])}"


def url(r):
    return r.choice(["https://", "http://", "www.", ""]) + r.choice(["example", "news", "shop", "blog", nonsense(r)]) + r.choice([".com", ".org", ".net", ".io"]) + r.choice(["", "/" + stem(r), "/" + r.choice(FOLDERS)])


def city(r):
    return r.choice(CITIES)


def noun_phrase(r):
    return r.choice([r.choice(NOUNS), f"{r.choice(ADJECTIVES)} {r.choice(NOUNS)}", r.choice(STEMS), nonsense(r)])


def name(r):
    return r.choice([lambda: nonsense(r), lambda: r.choice(NOUNS), lambda: nonsense(r).capitalize(), lambda: r.choice(GIVEN),
                     lambda: r.choice(NOUNS) + r.choice(["-", "_"]) + str(r.randint(1, 99)), lambda: r.choice(STEMS), lambda: r.choice(FOREIGN)])()


LANGUAGES = """English German French Spanish Italian Dutch Polish Russian Greek Turkish Japanese Chinese Korean Arabic Hindi Portuguese
Swedish Czech""".split()


def language(r):
    return r.choice(LANGUAGES)
