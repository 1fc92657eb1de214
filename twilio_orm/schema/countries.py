"""The country of a phone number, by its first digits. Pure.

A table of prefixes and the functions that read it. It is imported when the first country is wanted. The table says where a
number belongs, not whether it is assigned: it knows no lengths but that of the North American plan. The tests compare it
with the ``phonenumbers`` library and list each difference.
"""

from __future__ import annotations

import re
from functools import lru_cache

PREFIXES = """
AD 376; AE 971; AF 93; AL 355; AM 374; AO 244; AR 54; AT 43; AU 61; AW 297; AX 35818; AZ 994; BA 387; BD 880; BE 32;
BF 226; BG 359; BH 973; BI 257; BJ 229; BN 673; BO 591; BR 55; BT 975; BW 267; BY 375; BZ 501; CD 243; CF 236; CG 242;
CH 41; CI 225; CK 682; CL 56; CM 237; CN 86; CO 57; CR 506; CU 53; CV 238; CW 599; CY 357; CZ 420; DE 49; DJ 253; DK 45;
DZ 213; EC 593; EE 372; EG 20; ER 291; ES 34; ET 251; FI 358; FJ 679; FK 500; FM 691; FO 298; FR 33; GA 241; GB 44;
GE 995; GF 594; GH 233; GI 350; GL 299; GM 220; GN 224; GP 590; GQ 240; GR 30; GT 502; GW 245; GY 592; HK 852; HN 504;
HR 385; HT 509; HU 36; ID 62; IE 353; IL 972; IN 91; IO 246; IQ 964; IR 98; IS 354; IT 39; JO 962; JP 81; KE 254;
KG 996; KH 855; KI 686; KM 269; KP 850; KR 82; KW 965; LA 856; LB 961; LI 423; LK 94; LR 231; LS 266; LT 370; LU 352;
LV 371; LY 218; MA 212; MC 377; MD 373; ME 382; MG 261; MH 692; MK 389; ML 223; MM 95; MN 976; MO 853; MQ 596; MR 222;
MT 356; MU 230; MV 960; MW 265; MX 52; MY 60; MZ 258; NA 264; NC 687; NE 227; NF 672; NG 234; NI 505; NL 31; NO 47;
NP 977; NR 674; NU 683; NZ 64; OM 968; PA 507; PE 51; PF 689; PG 675; PH 63; PK 92; PL 48; PM 508; PS 970; PT 351;
PW 680; PY 595; QA 974; RE 262; RO 40; RS 381; RU 7; RW 250; SA 966; SB 677; SC 248; SD 249; SE 46; SG 65; SI 386;
SJ 4779; SK 421; SL 232; SM 378; SN 221; SO 252; SR 597; SS 211; ST 239; SV 503; SY 963; SZ 268; TD 235; TG 228; TH 66;
TJ 992; TK 690; TL 670; TM 993; TN 216; TO 676; TR 90; TV 688; TW 886; TZ 255; UA 380; UG 256; UY 598; UZ 998;
VA 3906698; VE 58; VN 84; VU 678; WF 681; WS 685; XK 383; YE 967; ZA 27; ZM 260; ZW 263;
BL 59059027 59059029 59059051 59059052 59059087;
BQ 5993 5994 5997;
CC 61851002 61851031 61851060 61851089 61851118 61851176 61851223 6189162 61891703;
CX 61851001 61851030 61851059 61851088 61851117 61851146 61851175 61851222 61851235 6189164 61891958;
GG 441481 447781 447839 4479111 4479117;
IM 441624 4474576 447524 447624;
JE 441534 447509 4477003 4477007 4477008 447797 447829 447937;
KZ 76 77;
MF 59059000 59059007 59059009 59059013 59059030 59059043 59059050 59059056 59059058 59059077 59059079;
SH 247 290;
YT 2622689 262269 26263 2627093 2629398 2629478 2629769
"""
"""The country codes of the ITU by country, and the prefixes of countries and territories that share one: the longest that
fits decides. Numbers of no country (+800, +870, +882, +883 and the like) are not in it. Ascension and Tristan da Cunha are SH,
as in ISO 3166, and Kosovo is XK, as everybody writes it."""

AREA_CODES = """
AG 268; AI 264; AS 684; BB 246; BM 441; BS 242; DM 767; DO 809 829 849; GD 473; GU 671; JM 658 876; KN 869; KY 345;
LC 758; MP 670; MS 664; PR 787 939; SX 721; TC 649; TT 868; VC 784; VG 284; VI 340;
CA 204 226 236 249 250 257 263 273 289 306 343 354 365 367 368 382 403 416 418 428 431 437 438 450 468 474 506 514 519 548
579 581 584 587 600 604 613 622 633 639 647 672 683 705 709 742 753 778 780 782 807 819 825 867 873 879 902 905 942;
US 201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 220 223 224 225 227 228 229 231 234 235 239 240 248
251 252 253 254 256 260 262 267 269 270 272 274 276 279 281 283 301 302 303 304 305 307 308 309 310 312 313 314 315 316
317 318 319 320 321 323 324 325 326 327 329 330 331 332 334 336 337 339 341 346 347 350 351 352 353 360 361 363 364 369
380 385 386 401 402 404 405 406 407 408 409 410 412 413 414 415 417 419 423 424 425 430 432 434 435 440 442 443 445 447
448 458 463 464 469 470 472 475 478 479 480 484 500 501 502 503 504 505 507 508 509 510 512 513 515 516 517 518 520 521
522 523 524 525 526 527 528 529 530 531 532 533 534 539 540 541 544 551 557 559 561 562 563 564 566 567 570 571 572 573
574 575 577 580 582 585 586 588 601 602 603 605 606 607 608 609 610 612 614 615 616 617 618 619 620 623 626 628 629 630
631 636 640 641 645 646 650 651 656 657 659 660 661 662 667 669 678 680 681 682 686 689 701 702 703 704 706 707 708 712
713 714 715 716 717 718 719 720 724 725 726 727 728 730 731 732 734 737 738 740 743 747 748 754 757 760 762 763 765 769
770 771 772 773 774 775 779 781 785 786 800 801 802 803 804 805 806 808 810 812 813 814 815 816 817 818 820 821 826 828
830 831 832 833 835 838 839 840 843 844 845 847 848 850 854 855 856 857 858 859 860 862 863 864 865 866 870 872 877 878
888 900 901 903 904 906 907 908 909 910 912 913 914 915 916 917 918 919 920 925 928 929 930 931 934 936 937 938 940 941
943 945 947 948 949 951 952 954 956 959 970 971 972 973 975 978 979 980 983 984 985 986 989
"""
"""The area codes of +1 by country. Toll-free (800, 888 ...), personal (500, 533 ...) and premium-rate (900) numbers belong to the
whole plan and are US here; those of 600 and 622 are Canada's."""

NO_CALLER = frozenset({"266696687", "7378742833", "2562533", "8656696", "86282452253"})
"""What Twilio sends in place of a caller who is anonymous, restricted, blocked, unknown or unavailable: these words, keyed in."""

_NUMBER = re.compile(r"(?:(?:whatsapp|rcs):)?\+([1-9][0-9]{5,14})")


def _table(text: str) -> dict[str, str]:
    """The country of each prefix of a table."""
    rows = [row.split() for row in text.split(";")]
    return {prefix: country for country, *prefixes in rows for prefix in prefixes}


_COUNTRIES = _table(PREFIXES)
_AREAS = _table(AREA_CODES)
_LENGTHS = sorted({len(prefix) for prefix in _COUNTRIES}, reverse=True)


def country_of_address(address: str) -> str | None:
    """Return the two letters of the country of a number in E.164, alone or after ``whatsapp:`` or ``rcs:``.

    :returns: None for every other address (``client:``, ``sip:``, short codes, names), and for a number of no country.
    """
    found = _NUMBER.fullmatch(address)
    digits = found[1] if found else ""
    if digits in NO_CALLER:
        return None
    if digits[:1] == "1":
        return _AREAS.get(digits[1:4]) if len(digits) == 11 else None
    return next((_COUNTRIES[digits[:size]] for size in _LENGTHS if digits[:size] in _COUNTRIES), None)


@lru_cache(maxsize=1)
def boundaries() -> tuple[tuple[str, int, int, str | None], ...]:
    """Return where countries begin among the digits of all numbers, sorted as texts.

    A number belongs to the last entry that is not greater than its digits, if it has as many digits as the entry says.

    :returns: for each entry the first digits, the least and the most digits of a number, and the country of the numbers from
        there on, None for no country.
    """
    countries = {**_COUNTRIES, **{f"1{area}": country for area, country in _AREAS.items()}}
    nobody = {*NO_CALLER, *(number + "0" for number in NO_CALLER)}  # a longer number that begins with one is of its country
    found: list[tuple[str, int, int, str | None]] = []
    for start in sorted({*countries, *(_behind(prefix) for prefix in countries), *nobody} - {""}):
        fitting = (countries[start[:size]] for size in range(len(start), 0, -1) if start[:size] in countries)
        entry = (*((11, 11) if start[0] == "1" else (6, 15)), None if start in NO_CALLER else next(fitting, None))
        if not found or found[-1][1:] != entry:
            found.append((start, *entry))
    return tuple(found)


def _behind(prefix: str) -> str:
    """The first text behind all texts with a prefix; "" if there is none."""
    rest = prefix.rstrip("9")
    return rest and rest[:-1] + str(int(rest[-1]) + 1)
