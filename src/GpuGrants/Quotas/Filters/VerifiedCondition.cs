using System.Text.Json.Nodes;

namespace GpuGrants.Quotas.Filters;

/// <summary>Only organizations whose domain or identity is verified, or only all others.</summary>
public sealed record VerifiedCondition(bool Verified) : FilterCondition
{
    /// <inheritdoc/>
    public override string Member => "verified";

    internal override bool IsOfOrganization => true;

    internal override string Canonical => $"{Verified}";

    internal static FilterCondition? Read(JsonFields fields) =>
        fields.Flag("verified") is { } stated ? new VerifiedCondition(stated) : null;

    /// <inheritdoc/>
    public override bool Holds(QuotaContext context) => context.OrganizationVerified == Verified;

    internal override JsonNode ToJson() => JsonValue.Create(Verified);
}
