"""Writes a corpus that is hard on tokenizers: one JSON string a line.

usage: corpus.py COUNT FOLDER...    FOLDER: where source code and prose are taken from

The same folders give the same corpus.
"""

import json
import pathlib
import random
import sys

# The first article of the Universal Declaration of Human Rights, or a part of it.
SENTENCES = """
All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience and should act towards one another in a spirit of brotherhood.
Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt und sollen einander im Geist der Brüderlichkeit begegnen.
Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de conscience et doivent agir les uns envers les autres dans un esprit de fraternité.
Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como están de razón y conciencia, deben comportarse fraternalmente los unos con los otros.
Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw.
Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv.
Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. IĞDIR İSTANBUL ığdır
Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền.
Все люди рождаются свободными и равными в своем достоинстве и правах.
Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα. ΟΔΥΣΣΕΥΣ
כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם.
יולد جميع الناس أحرارًا متساوين في الكرامة والحقوق. وقد وهبوا عقلاً وضميرًا
تمام افراد بشر آزاد به دنیا می‌آیند و از لحاظ حیثیت و حقوق با هم برابرند.
सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।
সমস্ত মানুষ স্বাধীনভাবে সমান মর্যাদা এবং অধিকার নিয়ে জন্মগ্রহণ করে।
மனிதப் பிறவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர்.
มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ
လူတိုင်းသည် တူညီ လွတ်လပ်သော ဂုဏ်သိက္ខာဖြင့် လည်းကောင်း
ყველა ადამიანი იბადება თავისუფალი და თანასწორი თავისი ღირსებითა და უფლებებით.
Բոլոր մարդիկ ծնվում են ազատ ու հավասար իրենց արժանապատվությամբ ու իրավունքներով։
人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。
人人生而自由，在尊嚴和權利上一律平等。
すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。ﾊﾝｶｸｶﾅ ㌔ ㍻ ㋿
모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.
ሰብዓዊ ፍጡራን ሁሉ ሲወለዱ ነጻና በክብርና በመብትም እኩልነት ያላቸው ናቸው።
""".strip().split("\n")

FRAGMENTS = (
    "a|I|the| the|The|THE|HTTPServer|camelCase|snake_case|don't|I'LL|we've|'s|'S|'\u017f|'re|'VE|'|’s|“quoted”|naïve|cafe\u0301|Å|\u212b|ﬁ|ﬃ|ß|İ|ı|ǅ|"
    "0|7|12|123|1234|12345678|3.14|1,000|0xFF|٣٤|४५|½|²|Ⅷ|①|🄲|"
    " |  |   |    |\t|\n|\n\n|\r\n|\r|\v|\f|\u00a0|\u3000|\u2003|\u2028|\u0085|\u1680|\u200b|\u200c|\u200d|\u2060|\ufeff|\x00|\x01|\x1b[0m|\x7f|\x8f|\x9f|\u00ad|\u180e|"
    ".|,|!|?|...|…|;|:|-|--|—|_|__|/|//|\\|(|)|[|]|{|}|<|>|=|==|!=|+|*|**|&|&&|^|%|$|€|#|@|~|`|```|\"|、|。|「|」|·|•|†|"
    "日本語|漢字|中文|龥|龦|㐀|𠀀|𪛖|\U0002ebf0|ー|ヴ|ゝ|가|한국|ㄱ|\u1100\u1161\u11a8|ไทย|नमस्ते|क्षि|\u0301|\u0301\u0323|\u0345|e\u0301\u0302|a\u0323\u0307|\u0327|\u20d0|\u05b0\u05bc|"
    "🙂|👍🏽|👩‍👩‍👧‍👦|🏳️‍🌈|🇩🇪|🇩|❤️|1️⃣|☃|\ufe0f|\U000e0101|𝓗𝓮𝓵|Ｆｕｌｌ|㎏|™|�|\ue000|\U0010ffff|\U0001fae9|\u1c89|"
    "▁|▁▁|##|##ing|[UNK]|[MASK]| [MASK] |[CLS]|<s>|</s>|<unk>|<pad>|<bos>|<0x0A>|<|endoftext|>|<|im_start|>|<|im_end|>|<|begin_of_text|>|<|eot_id|>|<start_of_turn>|<think>|<｜User｜>|Ġ|Ċ"
).split("|")
# What is split at the bars of <|…|> is put together again.
FRAGMENTS += ["<|endoftext|>", "<|im_start|>user\n", "<|im_end|>", "<|begin_of_text|>", "<|eot_id|>", "|", "||", "[MASK] ", "<mask>", "\n\n\n\n", "\t\t\t"]

BLOCKS = [
    (0x20, 0x7F), (0x80, 0x24F), (0x250, 0x36F), (0x370, 0x58F), (0x590, 0x8FF), (0x900, 0xDFF), (0xE00, 0x109F), (0x10A0, 0x1CFF),
    (0x1D00, 0x1FFF), (0x2000, 0x2BFF), (0x2C00, 0x2FFF), (0x3000, 0x33FF), (0x3400, 0x9FFF), (0xA000, 0xABFF), (0xAC00, 0xD7FF),
    (0xE000, 0xFAFF), (0xFB00, 0xFFFF), (0x10000, 0x10FFF), (0x11000, 0x11FFF), (0x12000, 0x1CFFF), (0x1D000, 0x1DFFF), (0x1E000, 0x1EFFF),
    (0x1F000, 0x1FBFF), (0x20000, 0x323AF), (0xE0000, 0xE01EF), (0x300, 0x36F),
]


def fragments(r, n):
    return "".join(r.choice(FRAGMENTS) for _ in range(n))


def sentence(r):
    words = r.choice(SENTENCES).split(" ")
    a = r.randrange(len(words))
    return " ".join(words[a : a + r.randint(1, 25)])


def mixture(r):
    parts = [r.choice((sentence, lambda r: fragments(r, r.randint(1, 6))))(r) for _ in range(r.randint(1, 5))]
    return r.choice((" ", "", "\n", "  ", "\n\n")).join(parts)


def window(r, texts):
    text = r.choice(texts)
    a = r.randrange(len(text))
    return text[a : a + r.choice((40, 200, 800))]


def block(r):
    low, high = r.choice(BLOCKS)
    return "".join(r.choice(("", "", "", " ", "a")) + chr(r.randint(low, high)) for _ in range(r.randint(1, 30)))


def run(r):
    unit = r.choice(FRAGMENTS + ["=", "a", "ab", "日", "9", " a", "-+"])
    return r.choice(("", "x", " ")) + unit * r.choice((2, 3, 7, 17, 40, 129, 600)) + r.choice(("", "x", " ", "\n"))


def broken(r):
    raw = bytearray(mixture(r).encode())
    for _ in range(r.randint(1, 6)):
        if raw:
            raw[r.randrange(len(raw))] = r.randint(0x80, 0xFF)
    return raw.decode(errors="replace")


def main():
    count, folders = int(sys.argv[1]), sys.argv[2:]
    files = sorted(p for f in folders for p in pathlib.Path(f).rglob("*") if p.suffix in (".go", ".md", ".py", ".json", ".yaml", ".js", ".c"))
    texts = [t for p in files if (t := p.read_text(errors="replace"))]
    r = random.Random(1)
    out = [""] + [chr(c) for c in range(256)] + FRAGMENTS + SENTENCES
    kinds = [(20, sentence), (20, mixture), (25, lambda r: fragments(r, r.randint(1, 20))), (18, lambda r: window(r, texts)), (12, block), (3, run), (5, broken)]
    makers = [maker for weight, maker in kinds for _ in range(weight)]
    while len(out) < count:
        out.append(r.choice(makers)(r))
    for text in out[:count]:
        print(json.dumps(text))


main()
