using System.Text.Json;
using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
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
                    + "contradicts itself is refused, with rule and field."
            )
            .Answers<PolicyView>();
        v1.MapPost("/quota-policies/{id:guid}/retire", RetireAsync)
            .RequireScope(Scopes.Administer)
            .Takes<PublishBody>()
            .Idempotent()
            .Conditional()
            .Says("retireQuotaPolicy", "Retire the policy", "The policy stops limiting, at once or from a date on. Its history stays.")
            .Answers<PolicyView>();
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
            db.Set<QuotaPolicy>().OnlyIds(http, "programmeId", row => row.ProgrammeId),
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
        var body = await http.BodyAsync<PolicyBody>();
        if (body.Name is not { Length: >= 1 and <= 200 } name || !Rules.IsPrintable(name))
            throw Problem.Invalid("name", "State 1 to 200 characters, without control characters.");
        var programme = body.ProgrammeId is { } programmeId
            ? await db.Set<Programme>().AsNoTracking().FirstOrDefaultAsync(row => row.Id == programmeId, http.RequestAborted)
                ?? throw Problem.Invalid("programmeId", "There is no such programme.")
            : null;
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
                        Name = name,
                        Version = 1,
                        CreatedBy = http.Actor().PrincipalId,
                        CreatedAt = tree.At,
                        UpdatedAt = tree.At,
                    };
                    var draft = Draft(row, 1, document, http.Actor(), tree.At);
                    batch.Rows<QuotaPolicy>().Insert(row);
                    batch.Rows<QuotaPolicyVersion>().Insert(draft);
                    Happened(batch, http.Actor(), row, QuotaEvents.PolicyCreated);
                    return (row, draft);
                },
            },
            made => Http.Answers.Created($"/v1/quota-policies/{made.Row.Id}", PolicyView.Of(made.Row, [made.Draft]), made.Row.Version)
        );
    }

    private static async Task<IResult> DraftAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var (policy, zone) = await AdministeredAsync(http, db, id);
        var document = PolicyCheck.Check((await http.BodyAsync<DraftBody>()).Document, zone);
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
        var body = await http.BodyAsync<PublishBody>();
        var warnings = await WarningsOfDraftAsync(http, db, policy);
        return await ChangeAsync(
            http,
            db,
            policy,
            QuotaEvents.PolicyPublished,
            (batch, row, versions) =>
            {
                var at = batch.Tree(TreeId.Of(row.RootProgrammeId)).At;
                if (versions.Find(version => version.Status == "draft") is not { } draft)
                    return Refusal.Conflict("no-draft", "There is no draft to publish. Write one first.");
                if (When(body, at) is not { } from)
                    return ChangesThePast;
                if (versions.Exists(version => version.Status == "published" && version.EffectiveFrom > from))
                    return Refusal.Conflict(
                        "later-version",
                        "A later version is published already. State a date after its date.",
                        "effectiveFrom"
                    );
                var problems = PolicyCheck.ProblemsOf(draft.Document, zone);
                if (problems.Count > 0)
                    return PolicyCheck.Refused(problems);
                draft.Status = "published";
                draft.EffectiveFrom = from;
                draft.PublishedBy = http.Actor().PrincipalId;
                draft.PublishedAt = at;
                batch.Rows<QuotaPolicyVersion>().Update(draft);
                batch.Tree(TreeId.Of(row.RootProgrammeId)).MarkConfigChanged();
                return null;
            },
            warnings,
            http.Decider()
        );
    }

    /// <summary>The draft cannot change before it is published: the policy would have another version then.</summary>
    private static async Task<IReadOnlyList<PolicyWarning>?> WarningsOfDraftAsync(HttpContext http, GpuGrantsContext db, QuotaPolicy policy)
    {
        var draft = await db.Set<QuotaPolicyVersion>()
            .AsNoTracking()
            .FirstOrDefaultAsync(version => version.PolicyId == policy.Id && version.Status == "draft", http.RequestAborted);
        var programme = policy.ProgrammeId is { } id ? await ProgrammeEndpoints.FindAsync(http, db, id) : null;
        return draft is null ? null : await PolicyCheck.WarningsOfAsync(http, db, policy.Id, programme, draft.Document);
    }

    private static async Task<IResult> RetireAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var (policy, _) = await AdministeredAsync(http, db, id);
        var body = await http.BodyAsync<PublishBody>();
        return await ChangeAsync(
            http,
            db,
            policy,
            QuotaEvents.PolicyRetired,
            (batch, row, versions) =>
            {
                var at = batch.Tree(TreeId.Of(row.RootProgrammeId)).At;
                if (When(body, at) is not { } from)
                    return ChangesThePast;
                var published = versions.Where(version => version.Status == "published").ToList();
                if (published.Count == 0)
                    return Refusal.Conflict("not-published", "No version of the policy is published.");
                foreach (var version in published)
                {
                    version.Status = "retired";
                    version.RetiredFrom = from > version.EffectiveFrom ? from : version.EffectiveFrom;
                    batch.Rows<QuotaPolicyVersion>().Update(version);
                }

                batch.Tree(TreeId.Of(row.RootProgrammeId)).MarkConfigChanged();
                return null;
            },
            decider: http.Decider()
        );
    }

    internal static async Task<QuotaPolicy> FindAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await db.Set<QuotaPolicy>().AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted)
        ?? throw Problem.NotFound();

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

    private static Refusal ChangesThePast { get; } =
        Refusal.Invalid("effectiveFrom", "A policy never changes the past. Leave the moment out, or state a later one.");

    /// <summary>The moment that the caller states, or now; null when it is past.</summary>
    private static DateTimeOffset? When(PublishBody body, DateTimeOffset at) =>
        body.EffectiveFrom is not { } asked ? at
        : asked > at - TimeSpan.FromMinutes(1) ? (asked > at ? asked : at)
        : null;

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
        Func<BatchState, QuotaPolicy, List<QuotaPolicyVersion>, Refusal?> change,
        IReadOnlyList<PolicyWarning>? warnings = null,
        Decider? decider = null
    )
    {
        var expected = http.IfMatch();
        var numbers = await db.Set<QuotaPolicyVersion>()
            .Where(row => row.PolicyId == seen.Id)
            .Select(row => row.Number)
            .ToListAsync(http.RequestAborted);
        return await http.RunAsync(
            new Change<(QuotaPolicy Row, List<QuotaPolicyVersion> Versions)>
            {
                Tree = TreeId.Of(seen.RootProgrammeId),
                ConfiguresPlatform = seen.ProgrammeId is null,
                Actor = http.Actor(),
                Planning = batch =>
                {
                    decider?.Plan(batch);
                    batch.Rows<QuotaPolicy>().Want(new RowKey(seen.RootProgrammeId, seen.Id));
                    foreach (var number in numbers)
                        batch.Rows<QuotaPolicyVersion>().Want(new RowKey(seen.RootProgrammeId, seen.Id, Number: number));
                },
                Deciding = batch =>
                {
                    var row = batch.Rows<QuotaPolicy>().Find(new RowKey(seen.RootProgrammeId, seen.Id))!;
                    // The list of versions was read before the lock: it is whole exactly when the policy is still the same.
                    if (expected?.Has(row.Version) == false || seen.Version != row.Version)
                        return Refusal.Stale(row.Version);
                    var versions = numbers
                        .Select(number => batch.Rows<QuotaPolicyVersion>().Find(new RowKey(seen.RootProgrammeId, seen.Id, Number: number))!)
                        .ToList();
                    var tree = TreeId.Of(seen.RootProgrammeId);
                    if (decider?.Refuse(batch, batch.Tree(tree).At, PolicyParties.Of(row, versions)) is { } own)
                        return own;
                    if (change(batch, row, versions) is { } refused)
                        return refused;
                    decider?.Decided(batch, tree, row.Id);
                    row.Version++;
                    row.UpdatedAt = batch.Tree(tree).At;
                    batch.Rows<QuotaPolicy>().Update(row);
                    Happened(batch, http.Actor(), row, type);
                    return (row, versions);
                },
            },
            changed =>
                Http.Answers.Ok(
                    PolicyView.Of(changed.Row, changed.Versions) with
                    {
                        VersionInForce = PolicyVersions.InForce(
                            changed.Versions.Select(row => (row.Number, row.Status, row.EffectiveFrom, row.RetiredFrom)),
                            changed.Row.UpdatedAt
                        ),
                        Warnings = warnings,
                    },
                    changed.Row.Version
                )
        );
    }

    private static void Happened(BatchState batch, Actor actor, QuotaPolicy row, EventType<PolicyData> type) =>
        batch.Happened(TreeId.Of(row.RootProgrammeId), actor, type, new PolicyData(row.Id, row.ProgrammeId, row.Version));
}
