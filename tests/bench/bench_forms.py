"""bench_forms.py - filling forms: our engine, and beside it, if asked, ODK's own web engine in Node.

    bench_forms.py [--peers] [--json FILE] [--rows 1000000]

Three forms made here, and those of DOUAR_FORMS_DIR (workbooks, as XForms): one of 600 questions with groups, relevance,
constraints and calculations; a household of 500 members with 20 calculations each; a list of --rows beside the form with
a cascade of three filters. Both engines run in a process of their own, with the same form, the same answers; an answer is
taken, recomputed and validated before the next. With --peers @getodk/xforms-engine and jsdom are installed by npm into
build/peers/forms; without Node or npm that is said and left out. What stands beside each other in one run is worth reading, not
the time alone. The peer gets at most PEER_MEMBERS members and PEER_ROWS rows.
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

from peers import BUILD, PEER_TIMEOUT_S, Absent, npm, run

TESTS = pathlib.Path(__file__).resolve().parents[1]
PACKAGES = ("@getodk/xforms-engine@0.22.0", "jsdom@29.1.1")
PEER_ROWS = 10000
PEER_MEMBERS = 10  # it has not ended after three minutes with 500
XFORM = """<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa">
<h:head><h:title>{id}</h:title><model><instance><data id="{id}">{nodes}<meta><instanceID/></meta></data></instance>{lists}
{binds}</model></h:head><h:body>{body}</h:body></h:html>
"""


def bind(path, kind, **rules):
    more = "".join(f' {name}="{rule}"' for name, rule in rules.items())
    return f'<bind nodeset="{path}" type="{kind}"{more}/>\n'


def question(tag, path, label, inside=""):
    return f'<{tag} ref="{path}"><label>{label}</label>{inside}</{tag}>\n'


def large_form():
    """30 groups of 20 questions; in each the later ones depend on the earlier, and sums go over all groups."""
    nodes, binds, body = "", "", ""
    items = "".join(f"<item><name>c{i}</name><label>Choice {i}</label></item>" for i in range(12))
    lists = f'<instance id="c"><root>{items}</root></instance>'
    choices = """<itemset nodeset="instance('c')/root/item"><value ref="name"/><label ref="label"/></itemset>"""
    for g in range(30):
        base, inside = f"/data/g{g}", ""
        rows = ""
        for q in range(20):
            path = f"{base}/q{q}"
            inside += f"<q{q}/>"
            relevant = {"relevant": f"{base}/q0 &gt; 3 or {base}/q1 = 'c1'"} if q > 12 else {}
            if q % 5 == 1:
                binds += bind(path, "string", **relevant)
                rows += question("select1", path, f"Choice {q} of {g}", choices)
            elif q % 5 == 4:
                binds += bind(path, "string", constraint="string-length(.) &lt; 40", **relevant)
                rows += question("input", path, f"Text {q} of {g}")
            else:
                binds += bind(path, "int", constraint=". &gt;= 0 and . &lt; 1000", required="true()", **relevant)
                rows += question("input", path, f"Number {q} of {g}")
        for c in range(4):
            inside += f"<k{c}/>"
            terms = " + ".join(f"coalesce({base}/q{q}, 0)" for q in (0, 2, 3))
            binds += bind(f"{base}/k{c}", "string", calculate=f"({terms}) * {c + 1}")
        binds += bind(base, "string", relevant=f"/data/g{g - 1}/q0 != 999") if g else ""
        nodes += f"<g{g}>{inside}</g{g}>"
        body += f'<group ref="{base}"><label>Group {g}</label>{rows}</group>'
    nodes += "<total/>"
    binds += bind("/data/total", "string", calculate=" + ".join(f"/data/g{g}/k0" for g in range(30)))
    chosen = random.Random(1)
    script = ["#"]
    for _ in range(600):
        g, q = chosen.randrange(30), chosen.randrange(12)
        value = f"c{chosen.randrange(12)}" if q % 5 == 1 else f"text {chosen.randrange(99)}" if q % 5 == 4 else chosen.randrange(1, 900)
        script.append(f"/data/g{g}/q{q}\t{value}")
    return XFORM.format(id="large", nodes=nodes, lists=lists, binds=binds, body=body), script


def household(members):
    """Members with 20 calculations each, of which one reads the household and one goes into its sum."""
    calculations = "".join(f"<k{c}/>" for c in range(20))
    binds = bind("/data/count", "int") + bind("/data/factor", "int")
    binds += bind("/data/m/age", "int", constraint=". &lt; 130") + bind("/data/m/n", "string")
    for c in range(20):
        before = "/data/m/age" if c == 0 else f"/data/m/k{c - 1}"
        more = " * coalesce(/data/factor, 1)" if c == 10 else ""
        binds += bind(f"/data/m/k{c}", "string", calculate=f"coalesce({before}, 0) + {c}{more}")
    binds += bind("/data/sum", "string", calculate="sum(/data/m/k9)")
    body = question("input", "/data/count", "How many") + question("input", "/data/factor", "Factor")
    body += '<group ref="/data/m"><label>Member</label><repeat nodeset="/data/m" jr:count="/data/count">'
    body += question("input", "/data/m/n", "Name") + question("input", "/data/m/age", "Age") + "</repeat></group>"
    chosen = random.Random(2)
    script = [f"/data/count\t{members}", *(f"/data/m[{i}]/age\t{i % 90}" for i in range(1, min(members, 20) + 1)), "#"]
    script += [f"/data/m[{chosen.randrange(1, members + 1)}]/age\t{chosen.randrange(1, 120)}" for _ in range(100)]
    nodes = f'<count/><factor/><m jr:template=""><n/><age/>{calculations}</m><sum/>'
    return XFORM.format(id="household", nodes=nodes, lists="", binds=binds, body=body), script


def cascade(folder, rows, times):
    """A list beside the form, filtered by province, commune and douar; about 100 rows are left."""
    places = max(rows // 100, 1)
    chosen = random.Random(3)
    with open(folder / f"people{rows}.csv", "w", encoding="utf-8") as file:
        file.write("name,label,province,commune,douar\n")
        for i in range(rows):
            douar = chosen.randrange(places)
            file.write(f"p{i},Person {i} of douar {douar},v{douar % 5},c{douar % 135},d{douar}\n")
    names = ("province", "commune", "douar")
    nodes = "".join(f"<{name}/>" for name in names) + "<person/><label/>"
    binds = "".join(bind(f"/data/{name}", "string") for name in (*names, "person"))
    binds += bind("/data/label", "string", calculate="instance('people')/root/item[name = /data/person]/label")
    filters = " and ".join(f"{name} = /data/{name}" for name in names)
    body = "".join(question("input", f"/data/{name}", name) for name in names)
    body += question("select1", "/data/person", "Person", f"""<itemset nodeset="instance('people')/root/item[{filters}]">"""
                     '<value ref="name"/><label ref="label"/></itemset>')
    script = ["/data/province\tv0", "/data/commune\tc0", "/data/douar\td0", "#"]
    for _ in range(times):
        douar = chosen.randrange(places)
        script += [f"/data/province\tv{douar % 5}", f"/data/commune\tc{douar % 135}", f"/data/douar\td{douar}", "/data/person"]
    lists = '<instance id="people" src="jr://file-csv/people.csv"/>'
    form = XFORM.format(id="cascade", nodes=nodes, lists=lists, binds=binds, body=body)
    return form, script, folder / f"people{rows}.csv"


def at(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))] / 1e6


def figures(*command):
    """What a player of forms found, or Absent and why."""
    result = json.loads(run(command).strip().splitlines()[-1])
    found = {"open_ms": statistics.median(result["open"]) / 1e6, "save_ms": statistics.median(result["save"]) / 1e6,
             "open_MiB": result["open_bytes"] / 2**20, "most_MiB": result["most"] / 2**20}
    for name, times in (("answer", result["answers"]), ("choices", result["choices"])):
        if times:
            found |= {f"{name}_p50_ms": at(times, 0.5), f"{name}_p99_ms": at(times, 0.99)}
    return found


def measure(name, folder, form, script, peers, csv=None, peer_csv=None, peer_script=None):
    (folder / "form.xml").write_text(form, encoding="utf-8")
    (folder / "script").write_text("\n".join(script) + "\n", encoding="utf-8")
    (folder / "peer").write_text("\n".join(peer_script or script) + "\n", encoding="utf-8")
    tool = BUILD / "release" / "tests" / "play_form"
    found = {"form": name}
    try:
        found["ours"] = figures(tool, folder / "form.xml", folder / "script", *([csv] if csv else []))
    except Absent as why:
        sys.exit(f"bench_forms: {name}: {why}")
    if peers:
        try:
            found["peer"] = figures("node", TESTS / "bench" / "play_form.mjs", peers, folder / "form.xml", folder / "peer",
                                    *([peer_csv] if peer_csv else []))
        except Absent as why:
            found["peer_failed"] = str(why)
    return found


def show(found):
    print(f"\n{found['form']}")
    for key, ours in found["ours"].items():
        line = f"  {key:14} {ours:12.3f}"
        if "peer" in found and key in found["peer"]:
            peer = found["peer"][key]
            line += f"   ODK's engine {peer:12.3f}   {peer / ours if ours else 0:8.1f} times"
        print(line)
    if "peer_failed" in found:
        print(f"  ODK's engine: {found['peer_failed']}")


def workbooks():
    folder = os.environ.get("DOUAR_FORMS_DIR")
    if not folder:
        print("DOUAR_FORMS_DIR isn't set: no forms made elsewhere are opened")
        return []
    return sorted(pathlib.Path(folder).glob("*.xlsx"))


def converted(book, folder):
    to = folder / (book.stem + ".xml")
    done = subprocess.run([BUILD / "release" / "bin" / "douar", "form", "convert", book, to], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
    return to.read_text(encoding="utf-8") if done.returncode == 0 else None


def main():
    parser = argparse.ArgumentParser(description="filling forms, ours and ODK's web engine")
    parser.add_argument("--peers", action="store_true", help="run ODK's engine beside ours (Node, npm)")
    parser.add_argument("--rows", type=int, default=1000000, help="rows of the large list")
    parser.add_argument("--json", help="write the figures into this file")
    words = parser.parse_args()
    peers = None
    try:
        peers = npm("forms", PACKAGES) if words.peers else None
    except Absent as why:
        print(f"ODK's engine is left out: {why}")
    all_found = []
    with tempfile.TemporaryDirectory(prefix="douar-bench-forms-") as name:
        folder = pathlib.Path(name)
        all_found.append(measure("600 questions", folder, *large_form(), peers))
        show(all_found[-1])
        for members in (PEER_MEMBERS, 500):
            with_peers = peers if members <= PEER_MEMBERS else None
            all_found.append(measure(f"{members} members, 20 calculations each", folder, *household(members), with_peers))
            show(all_found[-1])
        form, script, small = cascade(folder, PEER_ROWS, 20)
        all_found.append(measure(f"a list of {PEER_ROWS} rows, cascade of three", folder, form, script, peers, small, small))
        show(all_found[-1])
        form, script, large = cascade(folder, words.rows, 100)
        all_found.append(measure(f"a list of {words.rows} rows, cascade of three", folder, form, script, None, large))
        show(all_found[-1])
        for book in workbooks():
            form = converted(book, folder)
            if form:
                all_found.append(measure(book.name, folder, form, ["#"], peers))
                show(all_found[-1])
    if words.json:
        pathlib.Path(words.json).write_text(json.dumps(all_found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
