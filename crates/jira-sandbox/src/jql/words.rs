//! Words and signs that mean something in JQL, or are kept for later.

/// Words of the grammar, which stand for a value or field only in quotation marks.
const KEYWORDS: [&str; 10] = [
    "and", "by", "cf", "changed", "in", "is", "not", "or", "order", "was",
];

/// Words that Jira takes only in quotation marks, beside those of the grammar.
///
/// **Source:** Atlassian Support, "JQL: reserved words".
const RESERVED: &str = "abort access add alias all alter any are audit avg begin between boolean \
    break byte catch char character check checkpoint collate collation column commit connect \
    continue count create current date decimal declare decrement default defaults define delete \
    delimiter difference distinct divide do double drop else encoding end equals escape exclusive \
    exec execute exists explain false fetch field file first float function go goto grant greater \
    group having identified immediate increment index initial inner inout input insert int integer \
    intersect intersection isempty isnull join last left less like limit lock long max min minus \
    mode modify modulo more multiply next noaudit notin nowait number object option outer output \
    power previous prior privileges public raise raw remainder rename resource return returns \
    revoke right row rowid rownum rows select session set share size sqrt start strict string \
    subtract sum synonym table trans transaction trigger true uid union unique update user \
    validate values view when whenever where while";

/// Signs that a word may hold only in quotation marks.
const SIGNS: &str = "{}*/%+^$#@?;";

pub(super) fn is_keyword(word: &str) -> bool {
    KEYWORDS
        .iter()
        .any(|keyword| word.eq_ignore_ascii_case(keyword))
}

pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED
        .split_ascii_whitespace()
        .any(|reserved| word.eq_ignore_ascii_case(reserved))
}

pub(super) fn is_reserved_sign(sign: char) -> bool {
    SIGNS.contains(sign)
}
