using System.Text.Json;
using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Quotas.Policies;

/// <summary>Endpoints to draft, check, publish and retire quota policies. A published version never changes.</summary>
public static class PolicyEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/quota-policies", ListAsync)
            .RequireScope(Scopes.Read)
            .Says("listQuotaPolicies", "List quota policies", "Everybody sees all policies.")
            .ListsByChange<PolicyView>("programmeId");
        v1.MapPost("/quota-policies", CreateAsync)
            .RequireScope(Scopes.Administer)
            .Takes<PolicyBody>()
            .Idempotent()
            .Says(
                "createQuotaPolicy",
                "Create a policy",
                "Creates the policy with a first draft. It limits nothing until it is published. Import an exported document the same way."
            )
            .Answers<PolicyView>(201);
        v1.MapGet("/quota-policies/{id:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Says("getQuotaPolicy", "Read a policy", "With its versions.")
            .Answers<PolicyView>()
            .Refuses(404);
        v1.MapPut("/quota-policies/{id:guid}/draft", DraftAsync)
            .RequireScope(Scopes.Administer)
            .Takes<DraftBody>()
            .Idempotent()
            .Conditional()
            .Says("draftQuotaPolicy", "Write the draft", "Replaces the draft, or begins the next version.")
            .Answers<PolicyView>();
        v1.MapPost("/quota-policies/{id:guid}/publish", PublishAsync)
            .RequireScope(Scopes.Administer)
            .Takes<PublishBody>()
            .Idempotent()
            .Conditional()
            .Says(
                "publishQuotaPolicy",
                "Publish the draft",
                "It binds the next decision on every replica, or decisions from the effective date on. A document that "
                    + "contradicts itself is refused, with rule and field. Where a rule in force asks for several "
                    + "approvals, a version that "
                    + "is not tighter rule by rule waits for them: 202."
            )
            .Answers<PolicyView>()
            .Produces<ChangeProposalView>(202);
        v1.MapPost("/quota-policies/{id:guid}/retire", RetireAsync)
            .RequireScope(Scopes.Administer)
            .Takes<PublishBody>()
            .Idempotent()
            .Conditional()
            .Says(
                "retireQuotaPolicy",
                "Retire the policy",
                "The policy stops limiting, at once or from a date on. Its history stays. Where a rule asks for "
                    + "several approvals, so does this: 202."
            )
            .Answers<PolicyView>()
            .Produces<ChangeProposalView>(202);
        v1.MapGet("/quota-policies/{id:guid}/versions/{number:int}/export", PolicyVersions.ExportAsync)
            .RequireScope(Scopes.Read)
            .Says("exportQuotaPolicy", "Export a version", "Gives one JSON document in canonical form, which can be imported elsewhere.")
            .Answers<JsonElement>()
            .Refuses(404);
        v1.MapGet("/quota-policies/{id:guid}/diff", PolicyVersions.DiffAsync)
            .RequireScope(Scopes.Read)
            .Asks("from", "to")
            .Says("diffQuotaPolicy", "Compare two versions", "Lists rules added, removed and changed, field by field.")
            .Answers<PolicyDiff>()
            .Refuses(404);
        v1.MapPost("/quota-policies/validate", PolicyCheck.ValidateAsync)
            .RequireScope(Scopes.Read)
            .Takes<ValidateBody>()
            .Says(
                "validateQuotaPolicy",
                "Check a document",
                "Says what publishing would refuse, and what it would warn of: rules that could never match, because nothing has a name "
                    + "that they state. Offers and subjects are looked at for administrators only. Nothing is stored."
            )
            .Answers<PolicyCheck>();
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var page = await http.PageAsync(
            Visible(db, http.Caller()).OnlyIds(http, "programmeId", row => row.ProgrammeId),
            row => row,
            names: row => [row.ProgrammeId]
        );
        var inForce = await PolicyVersions.InForceAsync(http, db, [.. page.Data.Select(row => row.Id)]);
        return TypedResults.Json(
            page.Of(row => PolicyView.Of(row, null) with { VersionInForce = inForce.GetValueOrDefault(row.Id) }),
            ApiJson.Options
        );
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        var path = await PathAsync(http, db, row.ProgrammeId);
        var mayDraft = http.Caller().Administers(path);
        var versions = await db.Set<QuotaPolicyVersion>()
            .AsNoTracking()
            .Where(version => version.PolicyId == id && (mayDraft || version.Status != "draft"))
            .ToListAsync(http.RequestAborted);
        var publishers = http.Caller().Reviews(path)
            ? await DeciderView.ReadAsync(http, db, versions.Select(version => version.PublishedBy).OfType<Guid>())
            : null;
        var inForce = await PolicyVersions.InForceAsync(http, db, [id]);
        return http.FoundWhole(
            PolicyView.Of(row, versions, publishers) with
            {
                VersionInForce = inForce.GetValueOrDefault(id),
            },
            row.Version
        );
    }

    private static async Task<IResult> CreateAsync(HttpContext http, GpuGrantsContext db)
    {
        var body = await http.BodyAsync(new PolicyBodyValidator());
        var programme = body.ProgrammeId is { } programmeId ? await ProgrammeSight.NamedAsync(http, db, programmeId) : null;
        MayAdminister(http, programme?.Path ?? []);
        var document = PolicyCheck.Check(body.Document, programme?.TimeZone ?? QuotaConfigReader.PlatformTimeZone);
        return await http.RunAsync(
            new Change<(QuotaPolicy Row, QuotaPolicyVersion Draft)>
            {
                Tree = programme is null ? TreeId.Platform : TreeId.Of(programme.RootProgrammeId),
                Actor = http.Actor(),
                Deciding = batch =>
                {
                    var tree = batch.Tree(programme is null ? TreeId.Platform : TreeId.Of(programme.RootProgrammeId));
                    var row = new QuotaPolicy
                    {
                        RootProgrammeId = tree.RootProgrammeId,
                        Id = Guid.CreateVersion7(tree.At),
                        ProgrammeId = programme?.Id,
                        Name = body.Name!,
                        Version = 1,
                        CreatedBy = http.Actor().PrincipalId,
                        CreatedAt = tree.At,
                        UpdatedAt = tree.At,
                    };
                    var draft = Draft(row, 1, document, http.Actor(), tree.At);
                    batch.Rows<QuotaPolicy>().Insert(row);
                    batch.Rows<QuotaPolicyVersion>().Insert(draft);
                    RecordEvent(batch, http.Actor(), row, QuotaEvents.PolicyCreated);
                    return (row, draft);
                },
            },
            made => Answer.Created($"/v1/quota-policies/{made.Row.Id}", PolicyView.Of(made.Row, [made.Draft]), made.Row.Version)
        );
    }

    private static async Task<IResult> DraftAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var (policy, zone) = await AdministeredAsync(http, db, id);
        var document = PolicyCheck.Check((await http.BodyAsync(new DraftBodyValidator())).Document, zone);
        return await ChangeAsync(
            http,
            db,
            policy,
            QuotaEvents.PolicyDrafted,
            (batch, row, versions) =>
            {
                var at = batch.Tree(TreeId.Of(row.RootProgrammeId)).At;
                if (versions.Find(version => version.Status == "draft") is { } draft)
                {
                    draft.Document = document;
                    batch.Rows<QuotaPolicyVersion>().Update(draft);
                    return null;
                }

                var next = Draft(row, versions.Max(version => version.Number) + 1, document, http.Actor(), at);
                batch.Rows<QuotaPolicyVersion>().Insert(next);
                versions.Add(next);
                return null;
            }
        );
    }

    private static async Task<IResult> PublishAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var (policy, zone) = await AdministeredAsync(http, db, id);
        var body = await http.BodyAsync(new PublishBodyValidator());
        // The draft cannot change before it is published: the policy would have another version then.
        var draft = await db.Set<QuotaPolicyVersion>()
            .Where(row => row.PolicyId == id && row.Status == "draft")
            .Select(row => row.Document)
            .FirstOrDefaultAsync(http.RequestAborted);
        var programme = policy.ProgrammeId is { } owner ? await ProgrammeEndpoints.FindAsync(http, db, owner) : null;
        var warnings = draft is null ? null : await PolicyCheck.WarningsOfAsync(http, db, policy.Id, programme, draft);
        using var prepared = await PolicyHistory.PrepareAsync(http, db, policy, zone, draft);
        var result = await MakeAsync(http, db, policy, zone, retires: false, body.EffectiveFrom, warnings, prepared?.Signatures);
        if (prepared is not null)
            await PolicyHistory.CountAsync(http, policy);
        return result;
    }

    private static async Task<IResult> RetireAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var (policy, zone) = await AdministeredAsync(http, db, id);
        var body = await http.BodyAsync(new PublishBodyValidator());
        return await MakeAsync(http, db, policy, zone, retires: true, body.EffectiveFrom, null);
    }

    private static async Task<IResult> MakeAsync(
        HttpContext http,
        GpuGrantsContext db,
        QuotaPolicy seen,
        string zone,
        bool retires,
        DateTimeOffset? from,
        IReadOnlyList<PolicyWarning>? warnings,
        IReadOnlyList<RuleSignature>? counts = null
    ) =>
        await http.RunAsync(
            new ChangePolicy
            {
                BeginsToCount = counts ?? [],
                Tree = TreeId.Of(seen.RootProgrammeId),
                RunsAlone = seen.ProgrammeId is null,
                Actor = http.Actor(),
                Policy = await PolicyRows.ReadAsync(http, db, seen),
                ExpectedVersion = http.IfMatch(),
                TimeZone = zone,
                Retires = retires,
                From = from,
                Decider = http.Decider(),
            },
            made =>
                made.Proposal is { } waits
                    ? Answer.Accepted($"/v1/change-proposals/{waits.Id}", ChangeProposalView.Of(waits, waits.CreatedAt))
                    : Answer.Ok(ViewOf(made.Row, made.Versions) with { Warnings = warnings }, made.Row.Version)
        );

    private static PolicyView ViewOf(QuotaPolicy row, IReadOnlyList<QuotaPolicyVersion> versions) =>
        PolicyView.Of(row, versions) with
        {
            VersionInForce = PolicyVersions.InForce(
                versions.Select(one => (one.Number, one.Status, one.EffectiveFrom, one.RetiredFrom)),
                row.UpdatedAt
            ),
        };

    /// <summary>
    /// The policies of the platform, and those of programmes that the caller may know of. Limits of organizations are none of them.
    /// </summary>
    internal static IQueryable<QuotaPolicy> Visible(GpuGrantsContext db, Caller caller)
    {
        var programmes = ProgrammeSight.Visible(db, caller).Select(one => one.Id);
        return db.Set<QuotaPolicy>()
            .Where(row => row.OrganizationId == null)
            .Where(row => caller.IsPlatformAdministrator || row.ProgrammeId == null || programmes.Contains(row.ProgrammeId.Value));
    }

    internal static async Task<QuotaPolicy> FindAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await FindVisibleAsync(http, db, id) ?? throw Problem.NotFound();

    /// <summary>The policy, if the caller may know of it; null otherwise.</summary>
    internal static Task<QuotaPolicy?> FindVisibleAsync(HttpContext http, GpuGrantsContext db, Guid? id) =>
        Visible(db, http.Caller()).AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted);

    /// <summary>The programme of a policy and those above it; empty for the platform.</summary>
    internal static async Task<Guid[]> PathAsync(HttpContext http, GpuGrantsContext db, Guid? programmeId) =>
        programmeId is { } id ? (await ProgrammeEndpoints.FindAsync(http, db, id)).Path : [];

    internal static async Task<(QuotaPolicy Policy, string TimeZone)> AdministeredAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        var programme = row.ProgrammeId is { } programmeId ? await ProgrammeEndpoints.FindAsync(http, db, programmeId) : null;
        MayAdminister(http, programme?.Path ?? []);
        return (row, programme?.TimeZone ?? QuotaConfigReader.PlatformTimeZone);
    }

    private static void MayAdminister(HttpContext http, Guid[] path)
    {
        if (!http.Caller().Administers(path))
            throw Problem.Forbidden("Only administrators of the policy's programme, or of one above it, may do this.");
    }

    private static QuotaPolicyVersion Draft(QuotaPolicy row, int number, string document, Actor actor, DateTimeOffset at) =>
        new()
        {
            RootProgrammeId = row.RootProgrammeId,
            PolicyId = row.Id,
            Number = number,
            Status = "draft",
            Document = document,
            CreatedBy = actor.PrincipalId,
            CreatedAt = at,
        };

    private static async Task<IResult> ChangeAsync(
        HttpContext http,
        GpuGrantsContext db,
        QuotaPolicy seen,
        EventType<PolicyData> type,
        Func<BatchState, QuotaPolicy, List<QuotaPolicyVersion>, Refusal?> change
    )
    {
        var expected = http.IfMatch();
        var policy = await PolicyRows.ReadAsync(http, db, seen);
        return await http.RunAsync(
            new Change<(QuotaPolicy Row, List<QuotaPolicyVersion> Versions)>
            {
                Tree = TreeId.Of(seen.RootProgrammeId),
                RunsAlone = seen.ProgrammeId is null,
                Actor = http.Actor(),
                Planning = policy.Plan,
                Deciding = batch =>
                {
                    if (policy.Find(batch, expected, out var row, out var versions) is { } stale)
                        return stale;
                    if (change(batch, row, versions) is { } refused)
                        return refused;
                    batch.Change(row, batch.Tree(TreeId.Of(seen.RootProgrammeId)).At);
                    RecordEvent(batch, http.Actor(), row, type);
                    return (row, versions);
                },
            },
            changed => Answer.Ok(ViewOf(changed.Row, changed.Versions), changed.Row.Version)
        );
    }

    private static void RecordEvent(BatchState batch, Actor actor, QuotaPolicy row, EventType<PolicyData> type) =>
        batch.RecordEvent(TreeId.Of(row.RootProgrammeId), actor, type, new PolicyData(row.Id, row.ProgrammeId, row.Version));
}
