using System.Collections.Frozen;
using System.Globalization;

namespace GpuGrants.People;

/// <summary>
/// Suffixes below which anybody registers domains, such as <c>com</c> and <c>co.kr</c>. The rules are those of publicsuffix.org: plain
/// ones, wildcards, and exceptions from wildcards.
/// </summary>
public sealed class PublicSuffixes
{
    private static readonly Lazy<PublicSuffixes> Bundled = new(() => Parse(ListFile.Lines("public_suffix_list.dat")));
    private static readonly IdnMapping Names = new();

    private readonly FrozenSet<string> _plain;
    private readonly FrozenSet<string> _wild;
    private readonly FrozenSet<string> _exceptions;

    private PublicSuffixes(IEnumerable<string> rules)
    {
        var all = rules.ToLookup(rule => rule[0]);
        _exceptions = all['!'].Select(rule => rule[1..]).ToFrozenSet(StringComparer.Ordinal);
        _wild = all['*'].Select(rule => rule[2..]).ToFrozenSet(StringComparer.Ordinal);
        _plain = all.Where(group => group.Key is not ('!' or '*')).SelectMany(group => group).ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>The list that the service carries.</summary>
    public static PublicSuffixes Known => Bundled.Value;

    /// <summary>Reads a list as publicsuffix.org publishes it.</summary>
    /// <param name="lines">Its lines; comments begin with two slashes.</param>
    /// <returns>The suffixes.</returns>
    public static PublicSuffixes Parse(IEnumerable<string> lines) =>
        new(
            lines
                .Select(line => line.Split(' ', '\t')[0])
                .Where(line => line.Length > 0 && !line.StartsWith("//", StringComparison.Ordinal))
                .Select(Ascii)
        );

    /// <summary>Whether the whole name is a public suffix. A last label that no rule names is one.</summary>
    /// <param name="name">In lower-case ASCII, as <see cref="DomainName.Parse"/> gives it.</param>
    public bool IsSuffix(string name)
    {
        if (_exceptions.Contains(name))
            return false;
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 || _plain.Contains(name) || _wild.Contains(name[(dot + 1)..]);
    }

    /// <summary>
    /// The domain that somebody registered, to which the name belongs: <c>a.b.example.co.uk</c> belongs to <c>example.co.uk</c>. Its owner
    /// has as many names below it as they like.
    /// </summary>
    /// <param name="name">As <see cref="DomainName.Parse"/> gives it.</param>
    /// <returns>The name below the public suffix; the name itself when it is a public suffix.</returns>
    public string RegisteredOf(string name)
    {
        var registered = name;
        foreach (var one in DomainName.WithParents(name))
        {
            if (IsSuffix(one))
                break;
            registered = one;
            if (_exceptions.Contains(one))
                break;
        }

        return registered;
    }

    /// <summary>Rules are written in Unicode; their marks stay as they are.</summary>
    private static string Ascii(string rule)
    {
        var mark = rule[0] switch
        {
            '!' => "!",
            '*' => "*.",
            _ => "",
        };
        return mark + Names.GetAscii(rule[mark.Length..]).ToLowerInvariant();
    }
}
