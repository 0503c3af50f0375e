"""Scripts and styles without what only people need to read them mean what they meant."""

import pytest

from service.widget.short_names import join_declarations, shorten_names
from service.widget.squeeze import squeeze_script, squeeze_styles


@pytest.mark.parametrize(
    ("source", "short"),
    [
        ("const a = 1; // one\n", "const a=1;"),
        ("const url = 'http://x // y';", "const url='http://x // y';"),
        ("const t = `a  ${b} // c`;", "const t=`a  ${b} // c`;"),
        ("x.replace(/[/ ]\\/ +/g, '  ');", "x.replace(/[/ ]\\/ +/g,'  ');"),
        ("const f = () => /^# b/.exec(c);", "const f=()=>/^# b/.exec(c);"),
        ("const y = a / b / c;", "const y=a/b/c;"),
        ("const f = (one) => { return one + +two; };", "const f=one=>{return one+ +two};"),
        ("const f = async (one) => [one, two,\n];", "const f=async one=>[one,two];"),
        ("f(one) => two", "f(one)=>two"),
        ("/* a\n b */ let x;", "let x;"),
    ],
    ids=[
        "comment",
        "string",
        "template",
        "regexp",
        "regexp after an arrow",
        "division",
        "arrow",
        "async",
        "call",
        "block",
    ],
)
def test_squeezed_scripts_mean_the_same(source: str, short: str) -> None:
    assert squeeze_script(source) == short


def test_squeezed_styles_mean_the_same() -> None:
    source = "/* why */\n:host > p { color: red; margin: 0 1em; }\n@media (a: b) { p::after { content: none; } }\n"
    assert squeeze_styles(source) == ":host>p{color:red;margin:0 1em}@media (a:b){p::after{content:none}}"


@pytest.mark.parametrize(
    ("source", "short"),
    [
        ("const one=1;const two=one+1;", "const A=1;const B=A+1;"),
        ("const f=(one,{second,third:[fourth]})=>one+second+fourth;", "const f=(a,{second,third:[b]})=>a+second+b;"),
        ("const f=()=>{const one=a.one;return{one,two:one?.two,three(one){return one}}};", None),
        ("const f=word=>({word:word,other:other?word:this.word});", "const f=a=>({word:a,other:other?a:this.word});"),
        ("const f=word=>[...word,`${word} word ${g({word})}`,'word',/word/];", None),
        ("const f=word=>[...word,`${word} word ${g({x:word})}`,'word',/word/];",
         "const f=a=>[...a,`${a} word ${g({x:a})}`,'word',/word/];"),
        ("const f=word=>{for(const name of word)if(name){word=1}};const g=list=>list.word;",
         "const f=a=>{for(const b of a)if(b){a=1}};const g=a=>a.word;"),
        ("const one=1;const f=()=>/one/;", "const A=1;const f=()=>/one/;"),
        ("const f=a=>{let one;try{one=a}catch{b=one}};", "const f=a=>{let c;try{c=a}catch{b=c}};"),
        ("const outer=1;const f=inner=>outer+inner;const g=inner=>outer*inner;",
         "const A=1;const f=a=>A+a;const g=a=>A*a;"),
    ],
    ids=[
        "module", "pattern", "shorthand", "keys", "shorthand in a template", "template", "blocks", "regexp", "taken",
        "scopes",
    ],
)  # fmt: skip
def test_short_names_mean_the_same(source: str, short: str | None) -> None:
    assert shorten_names(source) == (short or source)


@pytest.mark.parametrize(
    ("source", "joined"),
    [
        ("const a=1;const b=2;let c;let d;e()", "const a=1,b=2;let c,d;e()"),
        ("const a=()=>{const b=1;const c=2;if(b){d()}const e=3;const f=4;return f};const g=5;",
         "const a=()=>{const b=1,c=2;if(b){d()}const e=3,f=4;return f},g=5;"),
        ("for(const a of b)c();const d=1;", "for(const a of b)c();const d=1;"),
        ("const a={b:1};const[c]=d;const{e}=f;", "const a={b:1},[c]=d,{e}=f;"),
        ("const a='const b=1;const c=2;';const b=/;/;", "const a='const b=1;const c=2;',b=/;/;"),
        ("a();const b=1;a();const c=1;", "a();const b=1;a();const c=1;"),
    ],
    ids=["row", "blocks", "loop", "patterns", "text", "apart"],
)  # fmt: skip
def test_joined_declarations_mean_the_same(source: str, joined: str) -> None:
    assert join_declarations(source) == joined
