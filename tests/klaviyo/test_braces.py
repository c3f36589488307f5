import pytest

from glowtify_klaviyo.braces import Kind, escape_literals, find_braces


def kinds(source: str) -> list[Kind]:
    return [brace.kind for brace in find_braces(source)]


@pytest.mark.parametrize(
    "tag",
    [
        "{{ first_name }}",
        "{{first_name|default:'there'}}",
        '{{ person|lookup:"Favourite colour"|title }}',
        "{{ organization.full_address }}",
        "{{ event.items.0.name|slice:':5' }}",
        "{{ 'text' }}",
        "{{ vorname_grüße }}",
        "{% unsubscribe %}",
        "{% unsubscribe 'Leave | us' %}",
        "{% manage_preferences_link %}",
        "{% coupon_code 'SPRING' %}",
        "{% if person.vip %}a{% elif x %}b{% else %}c{% endif %}",
        "{% for item in items %}{{ item }}{% empty %}-{% endfor %}",
        "{% catalog item_id unpublished='cancel' %}{{ catalog_item.title }}{% endcatalog %}",
        "{# a note #}",
    ],
)
def test_a_klaviyo_tag_passes_unchanged(tag: str) -> None:
    source = f"<p>{tag}</p>"
    assert set(kinds(source)) == {Kind.TAG}
    assert escape_literals(source) == source


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("Hi {{ first_name", Kind.UNCLOSED),
        ("Hi {{ first_name }", Kind.UNCLOSED),
        ("Hi {{ first\nname }}", Kind.UNCLOSED),
        ("Hi {{ first {{ last }}", Kind.UNCLOSED),
        (f"Hi {{{{ first_name <style>@media print{{.a{{top:0}} {' ' * 1000}}}}}", Kind.UNCLOSED),
        ("{% unsubscribe", Kind.UNCLOSED),
        ("{% if vip %}Hello", Kind.UNCLOSED),
        ("{% frobnicate %}", Kind.UNKNOWN),
        ("{%  %}", Kind.UNKNOWN),
        ("Hello{% endif %}", Kind.UNKNOWN),
        ("{{ first name }}", Kind.UNKNOWN),
        ("{{{ first_name }}}", Kind.UNKNOWN),
    ],
)
def test_a_broken_tag_is_reported_with_its_line(source: str, kind: Kind) -> None:
    found = [brace for brace in find_braces(f"<html>\n\n{source}") if brace.kind is not Kind.TAG]
    assert (found[0].kind, found[0].line) == (kind, 3)


def test_each_problem_names_its_own_line() -> None:
    source = "{{ a\n{{ b }}\n\n{% nonsense %}\n{% if x %}\n"
    assert [(brace.kind, brace.line) for brace in find_braces(source)] == [
        (Kind.UNCLOSED, 1),
        (Kind.TAG, 2),
        (Kind.UNKNOWN, 4),
        (Kind.TAG, 5),
        (Kind.UNCLOSED, 5),
    ]


@pytest.mark.parametrize(
    "css",
    [
        "@media (max-width: 600px){.a{color:red}}",
        "@media print{#id{color:#fff}}",
        "@keyframes x{0%{top:0}50%{left:50%}}",
        "a { b } c",
    ],
)
def test_css_is_left_alone(css: str) -> None:
    source = f"<style>{css}</style>"
    assert kinds(source) == []
    assert escape_literals(source) == source


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("sets {{}} and {{ name }}", "sets &#123;&#123;&#125;&#125; and {{ name }}"),
        (
            '<a href="https://example.com/?q={%22a%22:1}">x</a>{% unsubscribe %}',
            '<a href="https://example.com/?q=&#123;%22a%22:1}">x</a>{% unsubscribe %}',
        ),
        ("{{ ... }}{{ -- }}", "&#123;&#123; ... &#125;&#125;&#123;&#123; -- &#125;&#125;"),
    ],
)
def test_braces_around_no_word_are_written_as_entities(written: str, sent: str) -> None:
    assert escape_literals(written) == sent
