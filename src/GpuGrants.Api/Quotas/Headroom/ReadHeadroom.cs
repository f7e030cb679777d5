using GpuGrants.Api.Decisions;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Quotas.Headroom;

/// <summary>Where an organization stands with every rule of one programme that bears on it: a dry run that asks for nothing.</summary>
public sealed class ReadHeadroom : Command<HeadroomView>
{
    public required Guid ProgrammeId { get; init; }

    public required Guid OrganizationId { get; init; }

    /// <summary>Is told of the organization as it was read.</summary>
    public Action<Organization>? Seen { get; init; }

    public override void Plan(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (!batch.Rows<Organization>().TryRead(new RowKey(OrganizationId), out var organization) || organization is null)
            return;
        if (!tree.Config.Programmes.TryGetValue(ProgrammeId, out var programme))
            return;
        var counters = new BatchCounters(batch);
        foreach (var key in Match(tree, programme, organization).Keys)
            counters.Want(key);
    }

    public override Outcome<HeadroomView> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (
            batch.Rows<Organization>().Find(new RowKey(OrganizationId)) is not { } organization
            || !tree.Config.Programmes.TryGetValue(ProgrammeId, out var programme)
        )
            return Refusal.NotFound;
        Seen?.Invoke(organization);
        return HeadroomView.Of(
            OrganizationId,
            ProgrammeId,
            tree.At,
            QuotaDecision.HeadroomOf(Match(tree, programme, organization), new BatchCounters(batch), tree.At)
        );
    }

    private QuotaMatch Match(TreeChanges tree, ProgrammeConfig programme, Organization organization) =>
        tree.Config.Quotas.Compiled.MatchSubject(PresentContext.Of(tree.Id, programme.Path, organization, null, Asker.Of(Actor), tree.At));
}

/// <summary>What an organization has used and may still get under the quotas of one programme.</summary>
public sealed record HeadroomView
{
    public required Guid OrganizationId { get; init; }

    public required Guid ProgrammeId { get; init; }

    public required DateTimeOffset AsOf { get; init; }

    /// <summary>Each limit with what is used, held and left, and when it resets.</summary>
    public required IReadOnlyList<EvaluationView> Quotas { get; init; }

    /// <summary>Shadow rules are not shown.</summary>
    public static HeadroomView Of(Guid organizationId, Guid programmeId, DateTimeOffset at, IReadOnlyList<QuotaEvaluation> evaluations) =>
        new()
        {
            OrganizationId = organizationId,
            ProgrammeId = programmeId,
            AsOf = at,
            Quotas = [.. evaluations.Where(one => one.Outcome != BreachOutcome.Shadow).Select(one => EvaluationView.Of(one))],
        };
}
