namespace GpuGrants.People;

/// <summary>Which domains say something of the organization that has them.</summary>
public static class ProvableDomain
{
    /// <summary>The most characters of a domain: room is left for the label of the DNS record.</summary>
    public const int MaxLength = 230;

    /// <summary>Why nobody can prove to have the domain.</summary>
    /// <param name="domain">In lower-case ASCII, as <see cref="DomainName.Parse"/> gives it; null for text that is no domain.</param>
    /// <param name="mailServices">Mail services that the operator names, besides those that are known.</param>
    /// <returns><see cref="DomainFault.None"/> when somebody can.</returns>
    public static DomainFault Check(string? domain, IReadOnlyCollection<string> mailServices)
    {
        if (domain is null or { Length: > MaxLength })
            return DomainFault.NoDomain;
        if (PublicSuffixes.Known.IsSuffix(domain))
            return DomainFault.PublicSuffix;
        return MailServices.Have(domain, mailServices) ? DomainFault.MailService : DomainFault.None;
    }
}

/// <summary>Why a domain shows no organization.</summary>
public enum DomainFault
{
    /// <summary>It may be proved.</summary>
    None,

    /// <summary>The text is no domain, or too long for one.</summary>
    NoDomain,

    /// <summary>Anybody registers domains below it.</summary>
    PublicSuffix,

    /// <summary>Anybody gets an address there.</summary>
    MailService,
}
