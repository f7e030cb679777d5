using GpuGrants.Api.Decisions;
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
    private Candidates?[] _candidates = [];

    public required Guid ProgrammeId { get; init; }

    public required Guid OrganizationId { get; init; }

    public Guid? ProjectId { get; init; }

    public required RequestDraft Draft { get; set; }

    /// <summary>What the request would also take, in order; each is decided where no earlier one is approved.</summary>
    public IReadOnlyList<RequestDraft> Fallbacks { get; init; } = [];

    /// <summary>The only one that is decided, counted from the draft itself, which is 0; null for all.</summary>
    public int? Only { get; init; }

    /// <summary>Whether the verdict also names the programme's open offers that were not tried, up to 50 in all.</summary>
    public bool ListsPassedOver { get; init; }

    /// <summary>The caller's own name for the request.</summary>
    public string? ExternalId { get; init; }

    /// <summary>The caller's own notes, as JSON.</summary>
    public string? Metadata { get; init; }

    /// <summary>The grant that it continues; null for any other request.</summary>
    public Guid? RenewsGrantId { get; init; }

    /// <summary>The terms that the caller's person accepted.</summary>
    public required IReadOnlyList<Guid> AcceptedTerms { get; init; }

    /// <summary>What the caller's person stated of their age.</summary>
    public required StatedAge Age { get; init; }

    /// <summary>For how long past roles count where organization and provider share people.</summary>
    public required TimeSpan IndependenceWindow { get; init; }

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
        Lapses.Plan(batch, tree);
        if (!batch.Rows<Organization>().TryRead(new RowKey(OrganizationId), out var organization))
            return;
        if (organization is null || !tree.Config.Programmes.TryGetValue(ProgrammeId, out var programme))
            return;
        foreach (var number in Numbers)
            Ruling.Plan(batch, tree, programme, Find(tree, programme, organization, number));
    }

    public override Outcome<RequestDecided> Decide(BatchState batch) =>
        MakeRuling(batch).TryGet(out var ruling, out var refusal) ? Record(batch, ruling) : refusal;

    /// <summary>What the rules say. Of this request nothing is recorded; reviews and quotes whose time is over end first.</summary>
    /// <param name="basis">What the ask has already; null for a new one.</param>
    internal Outcome<Ruling> MakeRuling(BatchState batch, AskBasis? basis = null)
    {
        var tree = batch.Tree(Tree);
        var organization = batch.Rows<Organization>().Find(new RowKey(OrganizationId));
        if (organization is null)
            return Refusal.Invalid("organizationId", "There is no such organization.") with { MessageKo = "그런 조직이 없습니다." };
        if (!tree.Config.Programmes.TryGetValue(ProgrammeId, out var programme))
            return Refusal.Invalid("programmeId", "There is no such programme.") with { MessageKo = "그런 프로그램이 없습니다." };
        if (RefuseTerms(programme, AcceptedTerms) is { } missing)
            return missing;
        if (ActiveProject.Check(batch, ProjectId, OrganizationId) is { } unfit)
            return unfit;
        Lapses.Close(batch, tree);
        var ties = new Ties(organization, IndependenceWindow);
        basis ??= AskBasis.New(batch);
        var rulings = new List<(int Number, Ruling Ruling)>(1);
        foreach (var number in Numbers)
        {
            var candidates = Find(tree, programme, organization, number);
            rulings.Add((number, Ruling.Make(tree, programme, ties, candidates, DraftOf(number), basis, Age, ListsPassedOver)));
            if (rulings[^1].Ruling.Verdict == QuotaVerdict.Approve)
                break;
        }

        var best = rulings.MinBy(one => one.Ruling.Verdict).Ruling;
        return Fallbacks.Count == 0 ? best : best with { Tried = Tried(rulings) };
    }

    private IEnumerable<int> Numbers => Only is { } only ? [only] : Enumerable.Range(0, 1 + Fallbacks.Count);

    private RequestDraft DraftOf(int number) => number == 0 ? Draft : Fallbacks[number - 1];

    /// <summary>Each ask of the request, with what the rules said to it.</summary>
    private List<TriedAsk> Tried(List<(int Number, Ruling Ruling)> rulings)
    {
        var tried = new List<TriedAsk>();
        for (var number = 0; number <= Fallbacks.Count; number++)
        {
            var draft = DraftOf(number);
            var ruling = rulings.Find(one => one.Number == number).Ruling;
            tried.Add(
                new TriedAsk(
                    draft.Time.Seconds,
                    draft.Gpus,
                    draft.GpuModels,
                    ruling is null ? null : DecisionVerdict.Of(ruling.Verdict),
                    ruling?.Reasons ?? []
                )
            );
        }

        return tried;
    }

    /// <summary>Asks for another time: that of a quote, whose start is known when it is decided.</summary>
    /// <param name="earliest">The first moment at which the quote may be used.</param>
    /// <param name="start">The last one.</param>
    /// <param name="end">The end, whenever it is used.</param>
    internal void Pin(DateTimeOffset earliest, DateTimeOffset start, DateTimeOffset end) =>
        Draft = Draft with { EarliestStart = earliest < start ? earliest : null, StartsAt = start, Duration = end - start };

    /// <summary>Why nobody may ask who has not accepted the terms; null when they are accepted.</summary>
    internal static Refusal? RefuseTerms(ProgrammeConfig programme, IReadOnlyList<Guid> accepted) =>
        programme.TermsToAccept.FirstOrDefault(terms => !accepted.Contains(terms)) is var missing && missing != Guid.Empty
            ? new Refusal(
                RefusalKind.Forbidden,
                "terms-not-accepted",
                $"Accept the terms first: read /v1/terms/{missing}, then POST /v1/terms/{missing}/accept."
            )
            {
                MessageKo =
                    $"먼저 약관에 동의해 주십시오. /v1/terms/{missing}에서 읽은 뒤 POST /v1/terms/{missing}/accept를 호출해 주십시오.",
            }
            : null;

    /// <summary>Puts a ruling of this very batch into effect.</summary>
    internal RequestDecided Record(BatchState batch, Ruling ruling)
    {
        var tree = batch.Tree(Tree);
        var request = NewRow(tree, batch.Rows<Organization>().Find(new RowKey(OrganizationId))!, ruling.Draft);
        if (ruling is { Verdict: not QuotaVerdict.Deny, SetAside.RequestId: { } promised })
            request.Id = promised;
        var (decision, grant) = Verdicts.Apply(batch, tree, request, tree.Config.Programmes[ProgrammeId], ruling, Actor);
        batch.Rows<Request>().Insert(request);
        return new RequestDecided(request, decision, ruling.Explanation, ruling.Evaluation?.Quotas, grant);
    }

    private Candidates Find(TreeChanges tree, ProgrammeConfig programme, Organization organization, int number)
    {
        if (_candidates.Length == 0)
            _candidates = new Candidates?[1 + Fallbacks.Count];
        var (earlier, draft) = (_candidates[number], DraftOf(number));
        return _candidates[number] = Candidates.Find(earlier, tree, programme, organization, ProjectId, Asker.Of(Actor), draft);
    }

    private Request NewRow(TreeChanges tree, Organization organization, RequestDraft draft)
    {
        var request = new Request
        {
            RootProgrammeId = Tree.Value,
            Id = Guid.CreateVersion7(tree.At),
            ProgrammeId = ProgrammeId,
            OrganizationId = OrganizationId,
            ProjectId = ProjectId,
            PartnerId = Actor.Acting?.PartnerId ?? organization.PartnerId,
            Change = RenewsGrantId is null ? null : AskedChange.Renew,
            ChangesGrantId = RenewsGrantId,
            RequestedBy = Actor.Member,
            ClientId = Actor.ClientId,
            ExternalId = ExternalId,
            Metadata = Metadata,
            Livemode = organization.Livemode,
            Version = 1,
            CreatedAt = tree.At,
            UpdatedAt = tree.At,
        };
        draft.WriteTo(request, tree.At);
        return request;
    }
}
