using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Api.Store;
using GpuGrants.People;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>Decides a new request.</summary>
public sealed class SubmitRequest : Command<RequestDecided>
{
    private Candidates? _candidates;

    public required Guid ProgrammeId { get; init; }

    public required Guid OrganizationId { get; init; }

    public Guid? ProjectId { get; init; }

    public required RequestDraft Draft { get; init; }

    /// <summary>The terms that the caller's person accepted.</summary>
    public required IReadOnlyList<Guid> AcceptedTerms { get; init; }

    /// <summary>What the caller's person stated of their age.</summary>
    public required StatedAge Age { get; init; }

    public override void PlanAhead(BatchState batch)
    {
        batch.Rows<Organization>().Want(new RowKey(OrganizationId));
        if (ProjectId is { } project)
            batch.Rows<Project>().Want(new RowKey(project));
    }

    public override void Plan(BatchState batch)
    {
        PlanAhead(batch);
        var tree = batch.Tree(Tree);
        LapsedReviews.Plan(batch, tree);
        if (!batch.Rows<Organization>().TryRead(new RowKey(OrganizationId), out var organization))
            return;
        if (organization is null || !tree.Config.Programmes.TryGetValue(ProgrammeId, out var programme))
            return;
        Ruling.Plan(batch, tree, programme, Find(tree, programme, organization));
    }

    public override Outcome<RequestDecided> Decide(BatchState batch) =>
        Rule(batch).TryGet(out var ruling, out var refusal) ? Record(batch, ruling) : refusal;

    /// <summary>What the rules say. Nothing is recorded.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="standing">What the ask has already; null for a new one.</param>
    internal Outcome<Ruling> Rule(BatchState batch, Standing? standing = null)
    {
        var tree = batch.Tree(Tree);
        var organization = batch.Rows<Organization>().Find(new RowKey(OrganizationId));
        if (organization is null)
            return Refusal.Invalid("organizationId", "There is no such organization.");
        if (!tree.Config.Programmes.TryGetValue(ProgrammeId, out var programme))
            return Refusal.Invalid("programmeId", "There is no such programme.");
        if (programme.TermsIds.FirstOrDefault(terms => !AcceptedTerms.Contains(terms)) is var missing && missing != Guid.Empty)
            return new Refusal(
                RefusalKind.Forbidden,
                "terms-not-accepted",
                $"Accept the terms first: read /v1/terms/{missing}, then POST /v1/terms/{missing}/accept."
            );
        if (ActiveProject.Check(batch, ProjectId, OrganizationId) is { } unfit)
            return unfit;
        LapsedReviews.Close(batch, tree);
        var candidates = Find(tree, programme, organization);
        return Ruling.Make(tree, programme, organization, candidates, Draft, standing ?? Standing.New(batch), Age);
    }

    /// <summary>Puts a ruling of this very batch into effect.</summary>
    internal RequestDecided Record(BatchState batch, Ruling ruling)
    {
        var tree = batch.Tree(Tree);
        var request = NewRow(tree, batch.Rows<Organization>().Find(new RowKey(OrganizationId))!);
        var (decision, grant) = Verdicts.Apply(batch, tree, request, tree.Config.Programmes[ProgrammeId], ruling, Actor);
        batch.Rows<Request>().Insert(request);
        return new RequestDecided(request, decision, ruling.Explanation, ruling.Evaluation?.Decision, grant);
    }

    private Candidates Find(TreeChanges tree, ProgrammeConfig programme, Organization organization) =>
        _candidates = Candidates.Find(_candidates, tree, programme, organization, ProjectId, Asker.Of(Actor), Draft);

    private Request NewRow(TreeChanges tree, Organization organization)
    {
        var request = new Request
        {
            RootProgrammeId = Tree.Value,
            Id = Guid.CreateVersion7(tree.At),
            ProgrammeId = ProgrammeId,
            OrganizationId = OrganizationId,
            ProjectId = ProjectId,
            PartnerId = organization.PartnerId,
            RequestedBy = Actor.PrincipalId,
            ClientId = Actor.ClientId,
            Livemode = organization.Livemode,
            Version = 1,
            CreatedAt = tree.At,
            UpdatedAt = tree.At,
        };
        Draft.WriteTo(request, tree.At);
        return request;
    }
}
