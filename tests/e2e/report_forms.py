"""What other tools demand of a report: the parts of SARIF 2.1.0 (OASIS) and of JUnit's form that `aright scan` uses.

SARIF's schema takes no property that it does not name, so none that is not in these tables: one that `scan` writes anew
is looked up in the standard and entered here. JUnit's form has no standard; this is what all who read it agree on."""
import re
import urllib.parse
import xml.etree.ElementTree as ElementTree


class WrongForm(AssertionError):
    pass


def text(at, value):
    if not isinstance(value, str):
        raise WrongForm(f"{at}: {value!r} is no text")


def flag(at, value):
    if not isinstance(value, bool):
        raise WrongForm(f"{at}: {value!r} is neither true nor false")


def from_one(at, value):
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise WrongForm(f"{at}: {value!r} is no number from 1 on")


def word_of(*words):
    def check(at, value):
        if value not in words:
            raise WrongForm(f"{at}: {value!r} is none of {words}")
    return check


def list_of(check, unique=False):
    def every(at, value):
        if not isinstance(value, list):
            raise WrongForm(f"{at}: {value!r} is no list")
        for index, item in enumerate(value):
            check(f"{at}[{index}]", item)
        if unique and any(item in value[:index] for index, item in enumerate(value)):
            raise WrongForm(f"{at}: something stands in it twice")
    return every


def uri(at, value):
    """RFC 3986: nothing outside ASCII, every % an escape, no colon before the first slash but that of a scheme."""
    text(at, value)
    if not re.fullmatch(r"([A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+", value):
        raise WrongForm(f"{at}: {value!r} is no URI")
    parts = urllib.parse.urlsplit(value)
    if not parts.scheme and ":" in value.split("/")[0]:
        raise WrongForm(f"{at}: {value!r} begins like a scheme")


def texts_by_name(at, value):
    if not isinstance(value, dict):
        raise WrongForm(f"{at}: {value!r} is no object")
    for key, item in value.items():
        text(f"{at}.{key}", item)


def properties(at, value):
    """A property bag (3.8) holds anything; its tags are texts, none twice."""
    if not isinstance(value, dict):
        raise WrongForm(f"{at}: {value!r} is no object")
    if "tags" in value:
        list_of(text, unique=True)(f"{at}.tags", value["tags"])


def thing(required=(), one_of=(), **known):
    def check(at, value):
        if not isinstance(value, dict):
            raise WrongForm(f"{at}: {value!r} is no object")
        for key in required:
            if key not in value:
                raise WrongForm(f"{at}: has no {key}")
        if one_of and not any(key in value for key in one_of):
            raise WrongForm(f"{at}: has none of {one_of}")
        for key, item in value.items():
            if key not in known:
                raise WrongForm(f"{at}: {key} is not known here")
            known[key](f"{at}.{key}", item)
    return check


LEVEL = word_of("none", "note", "warning", "error")
MESSAGE = thing(one_of=("text", "id"), text=text)  # 3.11
RULE_REFERENCE = thing(one_of=("index", "guid", "id"), id=text)  # 3.52
LOCATION = thing(  # 3.28
    physicalLocation=thing(one_of=("address", "artifactLocation"),  # 3.29
                           artifactLocation=thing(one_of=("uri", "index"), uri=uri),  # 3.4
                           region=thing(startLine=from_one, startColumn=from_one)),  # 3.30
    logicalLocations=list_of(thing(one_of=("fullyQualifiedName", "index"), fullyQualifiedName=text, kind=text), unique=True))  # 3.33
NOTIFICATION = thing(required=("message",), level=LEVEL, message=MESSAGE, associatedRule=RULE_REFERENCE,  # 3.58
                     locations=list_of(LOCATION, unique=True))
RULE = thing(required=("id",), id=text, shortDescription=thing(required=("text",), text=text),  # 3.49
             defaultConfiguration=thing(level=LEVEL), properties=properties)
RESULT = thing(required=("message",), ruleId=text, level=LEVEL, message=MESSAGE, locations=list_of(LOCATION),  # 3.27
               partialFingerprints=texts_by_name, baselineState=word_of("new", "unchanged", "updated", "absent"),
               suppressions=list_of(thing(required=("kind",), kind=word_of("inSource", "external"),  # 3.35
                                          status=word_of("accepted", "underReview", "rejected"), justification=text), unique=True),
               properties=properties)
SARIF = thing(
    required=("version", "runs"), version=word_of("2.1.0"), **{"$schema": uri},
    runs=list_of(thing(
        required=("tool",), results=list_of(RESULT),
        tool=thing(required=("driver",), driver=thing(required=("name",), name=text, version=text, rules=list_of(RULE, unique=True))),
        invocations=list_of(thing(required=("executionSuccessful",), executionSuccessful=flag,  # 3.20
                                  toolExecutionNotifications=list_of(NOTIFICATION),
                                  toolConfigurationNotifications=list_of(NOTIFICATION)), unique=True))))


def check_sarif(log):
    """Of one run; what the form cannot say is looked at as well: each result's rule is there, once."""
    SARIF("log", log)
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    if len(rules) != len(set(rules)):
        raise WrongForm(f"a rule is there twice: {rules}")
    named = [result["ruleId"] for result in run["results"]]
    named += [n["associatedRule"]["id"] for i in run["invocations"] for n in i["toolExecutionNotifications"] if "associatedRule" in n]
    for rule in named:
        if rule not in rules:
            raise WrongForm(f"{rule} is no rule of the tool")
    return run


OUTCOMES = ("failure", "error", "skipped")


def attributes(element, required, optional=()):
    for name in required:
        if name not in element.attrib:
            raise WrongForm(f"<{element.tag}> has no {name}")
    for name in element.attrib:
        if name not in (*required, *optional):
            raise WrongForm(f"<{element.tag}> has {name}")


def check_case(case):
    attributes(case, ("classname", "name"), ("time",))
    if not case.get("name") or not case.get("classname"):
        raise WrongForm("a test case without a name")
    outcomes = [child.tag for child in case if child.tag in OUTCOMES]
    if len(outcomes) > 1:
        raise WrongForm(f"{case.get('name')}: {outcomes}")
    for child in case:
        if child.tag not in (*OUTCOMES, "system-out", "system-err") or len(child):
            raise WrongForm(f"<{child.tag}> in a test case")
        if child.tag in OUTCOMES:
            attributes(child, ("message",), ("type",))
    return outcomes[0] if outcomes else "passed"


def check_junit(report):
    """Returns how each test case ended, by (class, name)."""
    root = ElementTree.fromstring(report)
    if root.tag != "testsuites" or len(root) != 1 or root[0].tag != "testsuite":
        raise WrongForm("not one <testsuite> in <testsuites>")
    suite = root[0]
    attributes(suite, ("name", "tests", "failures", "errors", "skipped"), ("time", "timestamp", "hostname"))
    ended = []
    for case in suite:
        if case.tag != "testcase":
            raise WrongForm(f"<{case.tag}> in a suite")
        ended.append(check_case(case))
    counts = {"tests": len(ended), "failures": ended.count("failure"), "errors": ended.count("error"), "skipped": ended.count("skipped")}
    for name, count in counts.items():
        if suite.get(name) != str(count):
            raise WrongForm(f"{name} is {suite.get(name)}, but there are {count}")
    return {(case.get("classname"), case.get("name")): end for case, end in zip(suite, ended)}
