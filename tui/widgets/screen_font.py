"""The fonts of text screens: what firmware, boot loaders and Linux's own consoles write with.

PC: the ROM font of VGA cards, 8 by 16, code page 437; its bitmaps are in the public domain.
UEFI: the one of EDK II (BSD-2-Clause-Patent), 8 by 19, read off the screen of such a firmware.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Font:
    """Glyphs of eight pixels in ``height`` rows, each row a byte, its highest bit on the left."""

    height: int
    glyphs: bytes
    characters: str
    """What each glyph shows; of two that look alike the first is meant."""
    cursors: tuple[tuple[int, int], ...]
    """First and last rows that a cursor fills."""
    doubled: str = ""
    """Characters whose eighth column is drawn once more where a cell is nine pixels wide."""


_PACKED = (
    "c-nnePix~w6c;JzB)sWuXiRd+2M{eJq7^nQ{R+K{Y*F_hTA#9l3hm~Sk5C9b_tNhWa3dIcFgY#;xh5z3Qi@?A>qF4="
    "z4`lQHtlnQ{nL9h@Bf=o6ou4Y{dRSAdvkTwYAkvox~&kck*EfsCOb6vFl#7edA{9l8OtqhVX?zXgsERb(zZhdNb+G`"
    "zI<8cj^Ewf-rjVYe?0o)%X$G+M_L#tXP`jg=~vSfXtsM$`0cB=uYi8oZsuA!>+@~iYx#HchuwbI?;hswBtD2o$CF`l"
    "Jc<vj`HZpF7#x*~;9KwC_x;aDND?-@$STgOEa44_DuyiBuca8tm?z08gh$DcFtS-%3`I(FHlNQ20#8d(o;rA#Wlb{-"
    "#FnPXT)qN=+~jDCwg+52^#!VGsN}!0w&8d4CXTOpV?4Oy2}=uptx#4~+2soIb*XGm)56;hWF@ggJI4}9%z0SmA}^_l"
    "F5Bc8Sr84+_+?id#Au(+H`Gtp^?ldrf{R#I>kLFXp-P+&7RPxU$0ohWIIk817<{Z%Lo%KSKPv!pAdLrDuY5N90gLeQ"
    "cMI#2+OwQEtg&%dng>yfT?@-ULz0IwcK?LrS3X#;*Q<GBss+k-K!X&1f(mG`;-5^s?!d$Oor%}JQVmh<wSVQs>-u$Z"
    "Q4St1iXB<M=Dhq`VbmnmX??kF05dO+Wi_~d-+-#R2BjN?cZDRY4<`wv6G-pBc^uaFZhskT5^w2W;q24=_v<DZSw8x>"
    "vHT)SV!K}SH=eyb*uPU$ntqn3?}eEklEttJEx*jkexkd^<o(eJ9iLQ_nWr$pX4%-zt31(^n`}n^MFQKAefqpk8r!eY"
    "Ls8T+#crH6916hrHwI1B!pTei;P_efeX%3)1-eA>MU%*s!v57|>Ea7@nbCO0aWsl0m9peOUKN0r&w_fv5)nO;#Vb9s"
    "oqZ%fmfu(tjeVx2SC^${KhAhN-Vf9C3Da>lwtTsq#KX(K!dL(f0}~3sVpTtFoS2qc;5^m!Jpxx}=<mp#7ZEu>kcTpC"
    "rkz=Z>6IOBw$uF#?VQBYqlIrj&S9EQSnSuw!mk&YHXhEZ%$G-vkU~&r3e>L`?$;0Q=kd$Ps}BgAhf$tl?gpAMhhiLy"
    "Ls>xXOLu1c_{~wfT)k0X0>wRGJnkcBFR35y*ORi>;j~_O@kG8?ADra7M%Z}sgGc^6fpe*Ye0AmowC%Nda>XRzqxmqt"
    "nv3!$sP7M|e2$nrK7p1q9RQji%(oX`;8TAPd-g+pk^TZ?2d+wXRZZw=gx7(H-i+WJO!0W7*Cjkd=k)f3?QgC+cO2W{"
    "{?|A;ak#wyWuin>H{?0#x3g+lossPTRZI2r^Kbpncfb3ezux#C_B`zaWbv7zNBwQA7(5)xKgL!*BpnW){}|ia)lUX;"
    "Et2*GBVZrcf8xnACc={<lxN<ZH4@?aK>8$z$GK<!c{=s9O;ex$F%rSK^)Xm~?!`wqdA;7sYwtu5uW)}6`WK{O>iK)("
    ";wS0kllV-7^}@G@h4BsZW%m;SMf5caXcy3nfc$0VJYFrA%a!hDe79OIpnVtSzKW+kZAiTSBN@nHrn&P8@1IMgSw!EM"
    "V8YI=IxjXY%hem4oe*+7!<ev;qq=|eeGsm*6Zy{P^ub~8M$Bh1;18`)H%<#2??pO}f(sydSs3UmgMPg*LDJV}JH+&L"
    "+u+gB(K7>q`VX76^!|=R(w@q49{$hEig{puypVUhzpE-A>sdxpfye(cE&lY&r&09m74Tm)Y26+"
)

_CODES = (
    " ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼"
    + bytes(range(32, 127)).decode("ascii")
    + "⌂"
    + bytes(range(128, 255)).decode("cp437")
    + " "
)
"""Code page 437, with what its controls show."""

_PC_GLYPHS = zlib.decompress(base64.b85decode(_PACKED))
_ORDER = (*range(32, 127), *range(32), *range(127, 256))

PC = Font(
    height=16,
    glyphs=b"".join(_PC_GLYPHS[code * 16 : code * 16 + 16] for code in _ORDER),
    characters="".join(_CODES[code] for code in _ORDER),
    cursors=((13, 14), (13, 15), (14, 14), (14, 15), (15, 15), (12, 13), (0, 15)),
    doubled=_CODES[0xB0:0xE0],
)

_PACKED_UEFI = (
    "c-nPUJ&WTo5KZMugp?{m(q3seI9%w*h-EQbsJJS)5GnT;-48G+RGBSZ1(Pb(5?lorK{;vkHL|mh#E|Ftcr%(&R;yQ_j4^7"
    "lG9L#a#IL!T;k5sHKPr{t6)BXG!BZ(hC@o9QmGXW~*LBU|Y@XdAIMQ++y|8{3gcP1?IWGa6w^&D|D>18p9;5V(p5-~du0O"
    "gKMNr>{jFnJI^}TtBD%e*I^#}o_DvU2Jd3(~BV&+>Y>8b6OF(Eol2-$f`w+4^Qig8ORi$G}?-W^g1Z{KHD@at$}k!D_A-X"
    "2etsrgnqFKO((OADU}X8@)tBODu!Z&eJ#aBkbsoDK9)gH}&HY6EE>^&^yBpIX4FW}ccv?IEThsea=h%?IaiwMNvteCGyZ7"
    "Hcs1Vl2q+G(-_)L=dqf9%f`cb*+VH{x-sBxq52k9!Z3{-L&qr@alTM--oX+M7i_I4h=d{ORPRx^}XD#QNJ<~*2*qlfnq)W"
    "g@PJfcAha3qS|Cs-}gG~wxxuqgh1-;26s&sUaL>y#$JU^>}W(7@)kB3Ry)ksn0h~^DOvpt7v4m9{kkDUrVD0uG3|8YRZC<"
    "gl^w9OkLIA6fU=I6mD0#+_uCenm2GhVzfKZ2DUk618Lw!~D%XiHg(e|n1-J{vIM#l^f@76h$WX@bo9-<Tb@uy_tH-B}tYj"
    "Loq(0t6#){)9^!<|PX4=?Ifkyn<A}bdv_C8S!zI|c9^bOzKW&&Ztaw~U>ktv@1CrntFueEJU3C&rjdp;rzfK^FB>m`(Y{$"
    "aG9_zz=__-?<Xrlt9Q8EaZn`=#Tw4F6nOy^#9Ej+7neVd7sEL#xwX#z{}(#a-n80Wz)1?f"
)

UEFI = Font(
    height=19,
    glyphs=zlib.decompress(base64.b85decode(_PACKED_UEFI)),
    characters=bytes(range(32, 127)).decode("ascii") + "─│┌┐└┘├┤┬┴┼↑↓►",
    cursors=((16, 18),),
)
