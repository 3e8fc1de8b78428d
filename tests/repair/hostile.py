"""Hostile texts, made of the pieces that the repairs look for."""

from hypothesis import strategies as st

from dedupkit.repair import repairs

LATEX_STEPS = tuple(step for step in repairs() if step.__module__ == "dedupkit.repair.latex")

#: Those that read mathematics, and undo what was done to its backslashes.
MATH_STEPS = tuple(
    step for step in repairs() if step.__module__ in {"dedupkit.repair.eaten", "dedupkit.repair.formulas"}
)

LATEX_BITS = [
    "\\", "{", "}", "$", "~", '"', "'", "`", " ", "\n\n", "a", "o", "i", "word", "Erd", "Cap", "5", "0.5", "%", ",", ".",
    "(", ")", "\\emph{", "\\textbf{", "{\\em ", "{\\bf ", "\\href{u}{", "\\url{", "\\emph", "\\ours", "\\i", "\\o", "\\ss",
    "\\'", '\\"', "\\`", "\\c{c}", "\\H o", "\\v", "\\%", "\\$", "\\{", "\\}", "\\_", "\\,", "\\-", "\\ ", "\\@", "\\;",
    "\\\\", "\\(", "\\)", "\\[", "\\]", "\\ldots", "\\LaTeX", "\\quad", "\\S", "{}", "-", "https://a.org/~b", "C:\\",
]  # fmt: skip
ESCAPE_BITS = [
    "\\u", "\\u2013", "\\ud83d", "\\ude00", "\\u00e9", "\\U0001F600", "<U+", "2013", ">", "<U+2013>", "x2013", "x2019",
    "model", "and", "s", "matri", " ", "\\", "$", "\\unicode{x2013}", "[", "]", "-", "_", "T", "4", "é",
]  # fmt: skip
MATH_BITS = [
    "$", "$", "$", "$", "$$", "\\(", "\\)", "\\[", "\\]", "{", "}", "{", "}", "^", "_", "^{", "_{", "\\alpha", "\\alpha ", "\\times", "\\in ",
    "\\frac", "\\frac{", "\\sqrt", "\\sqrt{", "\\sqrt[3]{", "\\mathcal{O}", "\\tilde", "\\overline{", "\\left(", "\\right)", "\\left.",
    "\\log", "\\text{", "\\textbf{", "\\operatorname*{", "\\begin{align}", "\\end{align}", "&", "\\\\", "\\\\alpha", "\\\\mathcal{O}",
    "\\_", "\\*", "\\%", "\\$", "\\,", "\\;", "\\{", "\\}", "\\ours", "\\circ", "^\\circ", "\\not", "\\color{red}", "\\cal ", "\\choose",
    "\times", "\theta", "\tilde{", "\rho", "\nabla", "\neq", "\nu", "\beta", "\frac{", "\varepsilon", "\alpha", "\text{",
    "a", "x", "n", "5", "10", "5M", " ", " ", " and ", "word", "US", ",", ".", "=", "-", "+", "(", ")", "/", "'", "`", "\n", "\n\n", "HOME", "C:\\",
]  # fmt: skip
MARKER_BITS = [
    "…",
    "… ",
    "... ",
    "(see more)",
    "[Read more]",
    "… read more",
    "more",
    " ",
    "\n",
    "word",
    "(see 2)",
]
SPACE_BITS = [
    " ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\xa0",
    "\u3000",
    "\u2028",
    "\x0c",
    "\u200d",
    "\u200b",
    "a",
    "b.",
]
GLUED_BITS = [
    "performance", "explanations", "at", "research", "LLMs", "(2020)", "(LLMs)", "52.6%", "“word”", "torch", "U.S", "e", "J", "high", "repre",
    ".", ".", ".", "?", ":", ";", ",", " ", " ", "\n", "-", "-", "The", "This", "In", "A", "Tensor", "However,", "The ", "In this ", "A graph ",
    "est", "sentation", "training", "ing", "Re", "cently", "i.e.", "e.g.", "et al.", "i.e", "parallel", "a ", "https://", "http://a.org/",
    "git+", "/", "@", "_", "(", ")", "$", "`", "\\", "\\250 million", "\\50", " per month", "\\$5", "\\1",
]  # fmt: skip
MOJIBAKE_BITS = ["Ã©", "â€™", "Â", "Ã", "\xa0", "é", "&amp;", "&eacute;", "<", "\x1b[31m", "\x00", "\x85", "\r\n", "word ", "’", "“", "”", "—", "a", " "]  # fmt: skip


def texts(bits):
    return st.lists(st.sampled_from(bits), max_size=14).map("".join)


ANY_TEXT = st.one_of(
    st.text(max_size=60),
    texts(LATEX_BITS),
    texts(ESCAPE_BITS),
    texts(MARKER_BITS),
    texts(SPACE_BITS),
    texts(MOJIBAKE_BITS),
    texts(MATH_BITS),
    texts(GLUED_BITS),
    texts(LATEX_BITS + MATH_BITS + ESCAPE_BITS + MARKER_BITS + SPACE_BITS + MOJIBAKE_BITS + GLUED_BITS),
)
