using System.Text;

namespace GpuGrants.People;

/// <summary>
/// An e-mail address as a person wrote it, with the form in which addresses are compared. Letter case, a tag after <c>+</c> and the
/// spelling of an international domain make no other address.
/// </summary>
public sealed record EmailAddress
{
    /// <summary>The most characters of an address (RFC 5321, section 4.5.3.1.3, without the brackets).</summary>
    public const int MaxLength = 254;

    private const int MaxLocal = 64;
    private const string Marks = "!#$%&'*+-/=?^_`{|}~.";

    private EmailAddress(string text, string folded, string domain) => (Text, Folded, Domain) = (text, folded, domain);

    /// <summary>As it was written, without spaces around it: where mail goes.</summary>
    public string Text { get; }

    /// <summary>By which it is compared.</summary>
    public string Folded { get; }

    /// <summary>The domain in lower-case ASCII.</summary>
    public string Domain { get; }

    /// <summary>Reads an address. Quoted local parts and addresses of hosts in brackets are refused.</summary>
    /// <returns>Null when the text is no address that mail can be sent to.</returns>
    public static EmailAddress? Parse(string? text)
    {
        if (text?.Trim().Normalize(NormalizationForm.FormC) is not { Length: >= 3 and <= MaxLength } address)
            return null;
        var at = address.LastIndexOf('@');
        if (at <= 0 || !IsLocal(address[..at]) || DomainName.Parse(address[(at + 1)..]) is not { } domain)
            return null;
        var local = address[..at].ToLowerInvariant();
        var tag = local.IndexOf('+', StringComparison.Ordinal);
        // A local part that begins with the mark is all tag: it stays, or every such address would be the same.
        var bare = tag > 0 ? local[..tag].TrimEnd('.') : local;
        return new EmailAddress($"{address[..at]}@{address[(at + 1)..]}", $"{bare}@{domain}", domain);
    }

    private static bool IsLocal(string local) =>
        local.Length <= MaxLocal
        && local[0] != '.'
        && local[^1] != '.'
        && !local.Contains("..", StringComparison.Ordinal)
        && local.All(letter => char.IsLetterOrDigit(letter) || Marks.Contains(letter, StringComparison.Ordinal));
}
