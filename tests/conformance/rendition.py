"""How characters look, and which characters there are."""

from tests.conformance.case import Case

CASES = (
    *(
        Case(source=f"ECMA-48 SGR {number}", what=name,
             data=f"\x1b[{number}mx".encode(), screen=("x",), look={name: True})
        for number, name in (
            (1, "bold"), (2, "dim"), (3, "italic"), (4, "underline"), (7, "reverse"),
            (8, "conceal"), (9, "strike"), (21, "underline"),
        )
    ),
    *(
        Case(source=f"ECMA-48 SGR {off}", what=f"ends {name}",
             data=f"\x1b[{on};{off}mx".encode(), look={name: False})
        for on, off, name in (
            (1, 22, "bold"), (2, 22, "dim"), (3, 23, "italic"), (4, 24, "underline"),
            (7, 27, "reverse"), (8, 28, "conceal"), (9, 29, "strike"), (1, 0, "bold"),
        )
    ),
    Case(source="ECMA-48 SGR", what="without parameters ends everything",
         data=b"\x1b[1;4;31;42m\x1b[mx",
         look={"bold": False, "underline": False, "color": None, "bgcolor": None}),
    *(
        Case(source=f"ECMA-48 SGR {base + number}", what=f"{what} {number}",
             data=f"\x1b[{base + number}mx".encode(), look={attribute: number})
        for base, what, attribute in ((30, "colour", "color"), (40, "background", "bgcolor"))
        for number in (0, 1, 7)
    ),
    Case(source="ECMA-48 SGR 39", what="default colour", data=b"\x1b[31;39mx",
         look={"color": None}),
    Case(source="ECMA-48 SGR 49", what="default background", data=b"\x1b[41;49mx",
         look={"bgcolor": None}),
    Case(source="aixterm SGR 91", what="bright red", data=b"\x1b[91mx", look={"color": 9}),
    Case(source="aixterm SGR 104", what="bright blue background", data=b"\x1b[104mx",
         look={"bgcolor": 12}),
    Case(source="xterm SGR 38;5", what="colour 196 of 256", data=b"\x1b[38;5;196mx",
         look={"color": 196}),
    Case(source="xterm SGR 48;5", what="background 22 of 256", data=b"\x1b[48;5;22mx",
         look={"bgcolor": 22}),
    Case(source="xterm SGR 38;2", what="true colour", data=b"\x1b[38;2;1;20;200mx",
         look={"color": (1, 20, 200)}),
    Case(source="xterm SGR 48;2", what="true colour background", data=b"\x1b[48;2;1;20;200mx",
         look={"bgcolor": (1, 20, 200)}),
    Case(source="ISO 8613-6 SGR 38:2::", what="true colour with colons",
         data=b"\x1b[38:2::1:20:200mx", look={"color": (1, 20, 200)}),
    Case(source="ISO 8613-6 SGR 38:5:", what="colour 196 with colons",
         data=b"\x1b[38:5:196mx", look={"color": 196}),
    Case(source="xterm SGR 4:3", what="a curly underline is an underline",
         data=b"\x1b[4:3mx", look={"underline": True}),
    Case(source="xterm SGR 4:0", what="no underline", data=b"\x1b[4m\x1b[4:0mx",
         look={"underline": False}),
    Case(source="ECMA-48 SGR", what="an unknown parameter changes nothing else",
         data=b"\x1b[31;77;1mx", look={"bold": True, "color": 1}),
    Case(source="xterm BCE", what="erased cells take the background",
         data=b"\x1b[44m\x1b[2J", look={"bgcolor": 4}),
    Case(source="VT100 SCS", what="line drawing",
         data=b"\x1b(0lqkx\x1b(Bq", screen=("┌─┐│q",)),
    Case(source="ISO 2022 SO, SI", what="G1 and back",
         data=b"\x1b)0a\x0eq\x0fq", screen=("a─q",)),
    Case(source="VT100 SCS", what="the set of the United Kingdom has a pound sign",
         data=b"\x1b(A#\x1b(B#", screen=("£#",)),
    Case(source="Unicode", what="UTF-8 of two, three and four bytes",
         data="é€𝄞x".encode(), screen=("é€𝄞x",)),
    Case(source="Unicode", what="a sequence in two pieces of bytes is one character",
         data=b"\xe2\x82" + b"\xac", screen=("€",)),
    Case(source="Unicode", what="what is not UTF-8 is a replacement, the next one is whole",
         data=b"a\xffb", screen=("a\ufffdb",)),
    Case(source="Unicode", what="a sequence that breaks off is one replacement",
         data=b"a\xe2\x82b", screen=("a\ufffdb",)),
    Case(source="Unicode", what="an overlong form is no character of its own",
         data=b"\xc0\xafx\x1b[6n", answer=b"\x1b[1;4R"),
    Case(source="UAX 11", what="a wide character takes two columns",
         data="東x".encode(), screen=("東x",), cursor=(4, 1)),
    Case(source="UAX 11", what="a wide character does not fit the last column",
         data="\x1b[10G東".encode(), screen=("", "東"), cursor=(3, 2)),
    Case(source="UAX 11", what="half overwritten, a wide character is gone",
         data="東\x1b[2Gx".encode(), screen=(" x",)),
    Case(source="Unicode", what="a combining character joins the one before",
         data="e\u0301x".encode(), screen=("e\u0301x",), cursor=(3, 1)),
    Case(source="Unicode", what="a zero-width character takes no column",
         data="a\u200bb".encode(), cursor=(3, 1)),
)  # fmt: skip
