using System.Text;

namespace GpuGrants.Tests.Writing;

/// <summary>Reads a C# file just far enough to tell its string literals from its comments and its code.</summary>
internal sealed class SourceText
{
    private readonly string _code;
    private readonly List<string> _literals = [];
    private readonly List<(string Call, int Place)> _places = [];
    private readonly Stack<string> _calls = new();
    private readonly StringBuilder _comments = new();
    private int _at;

    public SourceText(string code)
    {
        _code = code;
        ReadCode(isHole: false);
    }

    /// <summary>Each literal as its reader sees it, parts joined by <c>+</c> together; what is interpolated is one word.</summary>
    public IReadOnlyList<string> Literals => _literals;

    /// <summary>Each literal with the method or type whose parentheses it stands in, and the rest of its statement.</summary>
    public IEnumerable<(string Text, string Call, string Statement)> Said =>
        _literals.Zip(_places, (text, at) => (text, at.Call, _code[at.Place..End(at.Place)]));

    public string Comments => _comments.ToString();

    /// <summary>Reads to the end of the file, or to the brace that closes a hole of an interpolated string.</summary>
    private void ReadCode(bool isHole)
    {
        var (depth, joins) = (0, false);
        while (_at < _code.Length)
        {
            if (TrySkipComment())
                continue;
            if (LiteralStart() is var (dollars, quotes, isVerbatim) && quotes > 0)
            {
                var literal = ReadLiteral(dollars, quotes, isVerbatim);
                if (joins)
                    _literals[^1] += literal;
                else
                    Add(literal);
                joins = false;
                continue;
            }

            var letter = _code[_at++];
            if (letter == '\'')
                SkipCharacter();
            else if (letter == '+')
                joins = JoinsLiterals();
            else if (!char.IsWhiteSpace(letter))
                joins = false;
            if (letter == '(')
                _calls.Push(CallName());
            else if (letter == ')' && _calls.Count > 0)
                _calls.Pop();
            depth += letter switch
            {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            if (isHole && depth < 0)
                return;
        }
    }

    private void Add(string literal)
    {
        _literals.Add(literal);
        _places.Add((_calls.FirstOrDefault(call => call.Length > 0) ?? "", _at));
    }

    /// <summary>The name before the parenthesis that was just read; empty for one that only groups.</summary>
    private string CallName()
    {
        var end = _at - 1;
        if (end > 0 && _code[end - 1] == '>')
            end = Math.Max(_code.LastIndexOf('<', end), 0);
        var start = end;
        while (start > 0 && (char.IsLetterOrDigit(_code[start - 1]) || _code[start - 1] == '_'))
            start--;
        return _code[start..end];
    }

    private int End(int place) => _code.IndexOf(';', place) is var end and >= 0 ? end : _code.Length;

    /// <summary>Whether the plus that was just read stands between a literal and something else.</summary>
    private bool JoinsLiterals()
    {
        var before = _at - 2;
        while (before >= 0 && char.IsWhiteSpace(_code[before]))
            before--;
        return before >= 0 && _code[before] == '"' && _literals.Count > 0;
    }

    private bool TrySkipComment()
    {
        var isLine = Stands("//");
        if (!isLine && !Stands("/*"))
            return false;
        var end = isLine ? _code.IndexOf('\n', _at) : _code.IndexOf("*/", _at, StringComparison.Ordinal) + 2;
        if (end < _at)
            end = _code.Length;
        _comments.Append(_code, _at, end - _at).Append('\n');
        _at = end;
        return true;
    }

    /// <summary>A character literal, of which the opening quote was read.</summary>
    private void SkipCharacter()
    {
        while (_at < _code.Length && _code[_at] != '\'')
            _at += _code[_at] == '\\' ? 2 : 1;
        _at++;
    }

    /// <summary>The dollars and quotes with which a literal begins here; no quotes when none does.</summary>
    private (int Dollars, int Quotes, bool IsVerbatim) LiteralStart()
    {
        var place = _at;
        var (dollars, isVerbatim) = (0, false);
        for (; place < _code.Length && _code[place] is '$' or '@'; place++)
        {
            dollars += _code[place] == '$' ? 1 : 0;
            isVerbatim |= _code[place] == '@';
        }

        var quotes = 0;
        while (place + quotes < _code.Length && _code[place + quotes] == '"')
            quotes++;
        if (quotes == 0)
            return default;
        quotes = quotes >= 3 ? quotes : 1;
        _at = place + quotes;
        return (dollars, quotes, isVerbatim);
    }

    private string ReadLiteral(int dollars, int quotes, bool isVerbatim)
    {
        var text = new StringBuilder();
        while (_at < _code.Length && !Ends(quotes, isVerbatim))
        {
            if (dollars > 0 && _code[_at] == '{' && TryReadHole(Math.Max(1, quotes >= 3 ? dollars : 1)))
                text.Append('X');
            else if (quotes == 1 && !isVerbatim && _code[_at] == '\\')
            {
                text.Append(_code[_at + 1] == 'n' ? '\n' : _code[_at + 1]);
                _at += 2;
            }
            else
                text.Append(_code[_at++]);
        }

        _at += quotes;
        return text.ToString();
    }

    /// <summary>Whether the literal ends here; of a verbatim one, two quotes are a quote.</summary>
    private bool Ends(int quotes, bool isVerbatim)
    {
        if (isVerbatim && quotes == 1 && Stands("\"\""))
        {
            _at++;
            return false;
        }

        return Stands(new string('"', quotes));
    }

    private bool TryReadHole(int braces)
    {
        if (!Stands(new string('{', braces)))
            return false;
        if (Stands(new string('{', braces + 1)) && braces == 1)
        {
            _at++;
            return false;
        }

        _at += braces;
        var known = _literals.Count;
        ReadCode(isHole: true);
        _at += braces - 1;
        // What a hole says belongs to the literal around it, and would only be counted twice.
        _literals.RemoveRange(known, _literals.Count - known);
        _places.RemoveRange(known, _places.Count - known);
        return true;
    }

    private bool Stands(string text) => string.CompareOrdinal(_code, _at, text, 0, text.Length) == 0;
}
