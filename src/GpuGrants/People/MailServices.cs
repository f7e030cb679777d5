using System.Collections.Frozen;

namespace GpuGrants.People;

/// <summary>Services where anybody gets an e-mail address: an address there shows no organization.</summary>
public static class MailServices
{
    private static readonly Lazy<FrozenSet<string>> Bundled = new(() =>
        ListFile
            .Lines("mail_services.txt")
            .Concat(ListFile.Lines("more_mail_services.txt"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .ToFrozenSet(StringComparer.Ordinal)
    );

    /// <summary>Whether the domain, or one above it, is a mail service's.</summary>
    /// <param name="domain">In lower-case ASCII, as <see cref="DomainName.Parse"/> gives it.</param>
    /// <param name="more">Services that the operator names, in the same form.</param>
    public static bool Have(string domain, IReadOnlyCollection<string> more) =>
        DomainName.WithParents(domain).Any(one => Bundled.Value.Contains(one) || more.Contains(one));
}
