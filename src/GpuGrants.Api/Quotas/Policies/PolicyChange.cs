using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Trees;

namespace GpuGrants.Api.Quotas.Policies;

/// <summary>A policy to publish or to retire.</summary>
/// <param name="Retires">Whether it is to be retired; its draft is published otherwise.</param>
/// <param name="From">From when; at once when null.</param>
/// <param name="Document">The draft as it was proposed; null when it is to be retired.</param>
public sealed record PolicyChange(bool Retires, DateTimeOffset? From, string? Document)
{
    /// <summary>How many people have to agree: the most that any version asks for which is or will be in force.</summary>
    public int ApprovalsNeeded(IReadOnlyList<QuotaPolicyVersion> versions, DateTimeOffset at)
    {
        var newer = Document is null ? null : PolicyParser.Parse(Document).Document;
        return versions
            .Where(one => Lasts(one, versions, at))
            .Select(one => PolicyParser.Parse(one.Document).Document)
            .OfType<PolicyDocument>()
            .Select(older => TighterRules.ApprovalsNeeded(older, newer))
            .DefaultIfEmpty(1)
            .Max();
    }

    /// <summary>Whether a version's time is not over: it was published, not retired by now, and no later one has taken its place.</summary>
    private static bool Lasts(QuotaPolicyVersion version, IReadOnlyList<QuotaPolicyVersion> versions, DateTimeOffset at) =>
        version.Status != "draft"
        && !(version.RetiredFrom <= at)
        && !versions.Any(later => later.Number > version.Number && later.Status != "draft" && later.EffectiveFrom <= at);

    /// <summary>Why it cannot be made now; null when it can.</summary>
    public Refusal? Check(IReadOnlyList<QuotaPolicyVersion> versions, DateTimeOffset at, string zone)
    {
        if (When(at) is not { } from)
            return Refusal.Invalid("effectiveFrom", "A policy never changes the past. Leave the moment out, or state a later one.");
        if (Retires)
            return versions.Any(version => version.Status == "published")
                ? null
                : Refusal.Conflict("not-published", "No version of the policy is published.");
        if (versions.FirstOrDefault(version => version.Status == "draft") is not { } draft)
            return Refusal.Conflict("no-draft", "There is no draft to publish. Write one first.");
        if (Document is { } proposed && proposed != draft.Document)
            return Refusal.Conflict("changed-meanwhile", "The draft has changed since it was proposed. Propose it again.");
        if (versions.Any(version => version.Status == "published" && version.EffectiveFrom > from))
            return Refusal.Conflict("later-version", "A later version is published already. State a date after its date.", "effectiveFrom");
        return PolicyCheck.ProblemsOf(draft.Document, zone) is { Count: > 0 } problems ? PolicyCheck.Refused(problems) : null;
    }

    /// <summary>Makes it, after <see cref="Check"/>.</summary>
    public void Apply(BatchState batch, TreeId tree, IReadOnlyList<QuotaPolicyVersion> versions, Actor actor)
    {
        var at = batch.Tree(tree).At;
        var from = When(at)!.Value;
        foreach (var version in versions.Where(one => one.Status == (Retires ? "published" : "draft")))
        {
            if (Retires)
                (version.Status, version.RetiredFrom) = ("retired", from > version.EffectiveFrom ? from : version.EffectiveFrom);
            else
                (version.Status, version.EffectiveFrom, version.PublishedBy, version.PublishedAt) = (
                    "published",
                    from,
                    actor.PrincipalId,
                    at
                );
            batch.Rows<QuotaPolicyVersion>().Update(version);
        }

        batch.Tree(tree).MarkConfigChanged();
    }

    private DateTimeOffset? When(DateTimeOffset at) =>
        From is not { } asked ? at
        : asked > at - TimeSpan.FromMinutes(1) ? (asked > at ? asked : at)
        : null;
}
