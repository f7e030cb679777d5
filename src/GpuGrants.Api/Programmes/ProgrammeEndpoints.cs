using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Principals;
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
using GpuGrants.Api.Store;
using GpuGrants.Offers;
using GpuGrants.Requests;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Programmes;

/// <summary>Programmes and their people. Everybody sees public ones, also without a token: they are what may be applied to.</summary>
public static class ProgrammeEndpoints
{
    private const int MaxDepth = 8;
    private const int HorizonYears = 100;
    private const int DefaultReviewHoldHours = 168;
    private const int DefaultMaxGrantDays = 90;
    private static readonly string[] MemberRoles = [Roles.ProgrammeAdministrator, Roles.ProgrammeReviewer];

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/programmes", ListAsync)
            .RequireScope(Scopes.Read)
            .WithoutToken()
            .Says(
                "listProgrammes",
                "List programmes",
                "Lists public programmes, or those below one. Private ones are for their people, their providers, and the organizations that "
                    + "asked there."
            )
            .ListsByChange<ProgrammeView>("parentId", "status", "externalId");
        v1.MapPost("/programmes", CreateAsync)
            .RequireScope(Scopes.Administer)
            .Takes<ProgrammeBody>()
            .Idempotent()
            .Says(
                "createProgramme",
                "Create a programme",
                "Platform administrators create root programmes. A programme's administrators create programmes below it."
            )
            .Answers<ProgrammeView>(201)
            .Refuses(404, 409);
        v1.MapGet("/programmes/{id:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .WithoutToken()
            .Says("getProgramme", "Read a programme", "Shows its terms, dates and place in the tree.")
            .Answers<ProgrammeView>()
            .Refuses(404);
        v1.MapPatch("/programmes/{id:guid}", PatchAsync)
            .RequireScope(Scopes.Administer)
            .TakesPatch<ProgrammeBody>()
            .Says("updateProgramme", "Change a programme", "Its administrators change it. Awarded grants stay as they are.")
            .Answers<ProgrammeView>();
        v1.MapPost("/programmes/{id:guid}/end", EndAsync)
            .RequireScope(Scopes.Administer)
            .Idempotent()
            .Says(
                "endProgramme",
                "End a programme",
                "It and all programmes below it take no more requests. What their budgets have left, and what comes back later, goes to the "
                    + "nearest programme above that has not ended, else to breakage. Grants run on."
            )
            .Answers<ProgrammeView>()
            .Refuses(404, 409);
        v1.MapGet("/programmes/{id:guid}/members", (HttpContext http, GpuGrantsContext db, Guid id) => MembersAsync(http, db, id))
            .RequireScope(Scopes.Administer)
            .Says("listProgrammeMembers", "List a programme's people", "Administrators and reviewers.")
            .ListsByTime<MemberView>()
            .Refuses(404);
        v1.MapPost(
                "/programmes/{id:guid}/members",
                async (HttpContext http, GpuGrantsContext db, Guid id) =>
                {
                    await AdministeredAsync(http, db, id);
                    return await Memberships.AddAsync(http, db, id, null, null, MemberRoles);
                }
            )
            .RequireScope(Scopes.Administer)
            .Takes<MemberBody>()
            .Idempotent()
            .Says(
                "addProgrammeMember",
                "Add an administrator or reviewer",
                "The role holds for the programme and those below it. Where a rule asks for several approvals, as many people have to agree: "
                    + "202."
            )
            .Answers<MemberView>(201)
            .Produces<ChangeProposalView>(202)
            .Refuses(404, 409);
        v1.MapDelete(
                "/programmes/{id:guid}/members/{principalId:guid}",
                async (HttpContext http, GpuGrantsContext db, Guid id, Guid principalId) =>
                {
                    await AdministeredAsync(http, db, id);
                    return await Memberships.RemoveAsync(http, db, id, principalId, null, null, MemberRoles);
                }
            )
            .RequireScope(Scopes.Administer)
            .Says("removeProgrammeMember", "Remove an administrator or reviewer", "For the programme's administrators.")
            .AnswersEmpty()
            .Refuses(404);
    }

    /// <summary>The programme, if the caller may know of it.</summary>
    public static async Task<Programme> FindAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await ProgrammeSight.FindAsync(http, db, id) ?? throw Problem.NotFound();

    /// <summary>The programme, if the caller administers it.</summary>
    public static async Task<Programme> AdministeredAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var programme = await FindAsync(http, db, id);
        return http.Caller().Administers(programme.Path)
            ? programme
            : throw Problem.Forbidden("Only administrators of the programme, or of one above it, may do this.");
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var caller = http.CallerOrNobody();
        var rows = ProgrammeSight
            .Visible(db, caller)
            .OnlyIds(http, "parentId", row => row.ParentId)
            .OnlyOwn(http, caller)
            .OnlyWords(http, "status", row => row.Status, "active", "suspended", "ended");
        var page = await http.PageAsync(rows, row => row, names: row => [row.ParentId]);
        var balances = await BalanceView.ReadAsync(http, db, page.Data);
        return TypedResults.Json(
            page.Of(row => ProgrammeView.To(caller, row) with { Balance = balances.GetValueOrDefault(row.BudgetProgrammeId) }),
            ApiJson.Options
        );
    }

    /// <summary>Names that a programme's people gave find it for them alone.</summary>
    private static IQueryable<Programme> OnlyOwn(this IQueryable<Programme> rows, HttpContext http, Caller? caller)
    {
        var named = rows.OnlyWords(http, "externalId", row => row.ExternalId);
        if (named == rows || caller?.IsPlatformAdministrator == true)
            return named;
        var people = caller?.ReviewedProgrammes ?? [];
        return named.Where(row => row.Path.Any(id => people.Contains(id)));
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        var path = await db.Set<Programme>().AsNoTracking().Where(one => row.Path.Contains(one.Id)).ToListAsync(http.RequestAborted);
        var balances = await BalanceView.ReadAsync(http, db, [row]);
        return http.FoundWhole(
            ProgrammeView.To(http.CallerOrNobody(), row) with
            {
                EffectiveTerms = EffectiveTermsView.Of(row, path),
                Balance = balances.GetValueOrDefault(row.BudgetProgrammeId),
            },
            row.Version
        );
    }

    private static async Task<IResult> MembersAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await AdministeredAsync(http, db, id);
        return await Memberships.ListAsync(http, db, id, MemberRoles);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, GpuGrantsContext db)
    {
        var body = await http.BodyAsync(new ProgrammeValidator(isNew: true));
        CheckHorizon(http, body);
        Programme? parent = null;
        if (body.ParentId is { } parentId)
            parent = await ParentAsync(http, db, parentId);
        else if (!http.Caller().IsPlatformAdministrator)
            throw Problem.Forbidden("Only platform administrators create a root programme. Name a parentId that you administer.");
        else if (body.OwnBudget == false)
            throw Problem.Invalid("ownBudget", "A root programme has a budget of its own. Leave the field out.");
        if (parent is not null && body.Livemode is { } live && live != parent.Livemode)
            throw Problem.Invalid("livemode", "State the livemode of the programme above, or leave it out.");
        var id = Guid.CreateVersion7(http.Now());
        var warnings = await ProgrammeWarning.OfAsync(db, [id, .. parent?.Path ?? []], http.RequestAborted);
        return await http.RunAsync(
            new Change<Programme>
            {
                Tree = TreeId.Of(parent?.RootProgrammeId ?? id),
                Actor = http.Actor(),
                Planning = batch =>
                {
                    foreach (var above in parent?.Path ?? [])
                        batch.Rows<Programme>().Want(new RowKey(above));
                },
                Deciding = batch =>
                {
                    if (parent is not null && batch.Rows<Programme>().Find(new RowKey(parent.Id)) is { Status: "ended" })
                        return Refusal.Conflict("programme-ended", "The programme above has ended.", "parentId");
                    var bounds = parent is null ? null : BoundsOf(batch, parent.Path);
                    if (bounds?.Check(body) is { } looser)
                        return looser;
                    var row = New(body, parent, bounds, id, batch.Tree(TreeId.Of(parent?.RootProgrammeId ?? id)).At);
                    if (row.EndsAt <= row.StartsAt)
                        return Refusal.Invalid("endsAt", "State an end after the start.");
                    row.TakeNames(body);
                    batch.Rows<Programme>().Insert(row);
                    Changed(batch, http.Actor(), row, ProgrammeEvents.Created);
                    return row;
                },
            },
            row =>
                Answer.Created($"/v1/programmes/{row.Id}", ProgrammeView.To(http.Caller(), row) with { Warnings = warnings }, row.Version)
        );
    }

    private static async Task<Programme> ParentAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var parent = await AdministeredAsync(http, db, id);
        return parent.Path.Length < MaxDepth
            ? parent
            : throw Problem.Invalid("parentId", $"Programmes nest at most {MaxDepth} levels deep. Choose a parent further up.");
    }

    /// <summary>Dates in the far future are a mistake.</summary>
    private static void CheckHorizon(HttpContext http, ProgrammeBody body)
    {
        var latest = http.Now().AddYears(HorizonYears);
        if (body.StartsAt > latest)
            throw Problem.Invalid("startsAt", $"State a moment within {HorizonYears} years.");
        if (body.EndsAt > latest)
            throw Problem.Invalid("endsAt", $"State a moment within {HorizonYears} years.");
    }

    /// <summary>What the programmes above allow, as they are in the deciding transaction.</summary>
    /// <param name="batch">Has read them.</param>
    /// <param name="above">The parent, its parent, and so on up to the root.</param>
    private static ProgrammeBounds BoundsOf(BatchState batch, IEnumerable<Guid> above) =>
        ProgrammeBounds.Of([.. above.Select(id => batch.Rows<Programme>().Find(new RowKey(id))!)]);

    private static Programme New(ProgrammeBody body, Programme? parent, ProgrammeBounds? bounds, Guid id, DateTimeOffset at) =>
        new()
        {
            Id = id,
            RootProgrammeId = parent?.RootProgrammeId ?? id,
            ParentId = parent?.Id,
            Path = [id, .. parent?.Path ?? []],
            Name = body.Name!,
            Description = body.Description,
            Sponsor = body.Sponsor,
            BudgetProgrammeId = body.OwnBudget == false ? parent!.BudgetProgrammeId : id,
            TimeZone = body.TimeZone!,
            StartsAt = body.StartsAt ?? (bounds?.Terms.StartsAt > at ? bounds.Terms.StartsAt : at),
            EndsAt = body.EndsAt,
            EligibleKinds = body.EligibleKinds ?? [],
            EligibleCountries = body.EligibleCountries ?? [],
            EligibleEmailDomains = body.EligibleEmailDomains ?? [],
            RequiredVerification = body.RequiredVerification ?? Words.Of(bounds?.Terms.Verification ?? VerificationLevel.Email),
            MinorsNeed = body.MinorsNeed ?? Words.Of(bounds?.Terms.MinorsNeed ?? MinorsNeed.Nothing),
            RenewalsNeedReport = body.RenewalsNeedReport ?? false,
            ReviewHoldHours = body.ReviewHoldHours ?? Math.Min(DefaultReviewHoldHours, bounds?.ReviewHoldHours ?? DefaultReviewHoldHours),
            MaxGrantDays = body.MaxGrantDays ?? Math.Min(DefaultMaxGrantDays, bounds?.MaxGrantDays ?? DefaultMaxGrantDays),
            GraceGpuSeconds = Wire.Time(body.GraceGpuHours)?.Seconds,
            SuspendAfterGpuSeconds = Wire.Time(body.SuspendAfterGpuHours)?.Seconds,
            RevokeAfterGpuSeconds = Wire.Time(body.RevokeAfterGpuHours)?.Seconds,
            Livemode = parent?.Livemode ?? body.Livemode ?? true,
            Visibility = body.Visibility ?? parent?.Visibility ?? ProgrammeVisibility.Public,
            Matching = body.Matching ?? parent?.Matching ?? Words.Of(MatchingPolicy.Cheapest),
            Status = "active",
            Version = 1,
            CreatedAt = at,
            UpdatedAt = at,
        };

    private static async Task<IResult> PatchAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var seen = await AdministeredAsync(http, db, id);
        var patch = await http.PatchAsync(new ProgrammeValidator(isNew: false));
        CheckHorizon(http, patch.Body);
        var above = seen.Path.Skip(1).ToList();
        var opens = patch.Body.Status == "active";
        var warnings = opens ? await ProgrammeWarning.OfAsync(db, seen.Path, http.RequestAborted) : null;
        return await ChangeAsync(
            http,
            seen,
            http.IfMatch(),
            ProgrammeEvents.Updated,
            batch =>
            {
                foreach (var one in above)
                    batch.Rows<Programme>().Want(new RowKey(one));
            },
            (batch, row) => (above.Count > 0 ? BoundsOf(batch, above).Check(patch.Body) : null) ?? Apply(patch, row),
            warnings
        );
    }

    private static Refusal? Apply(MergePatch<ProgrammeBody> patch, Programme row)
    {
        var body = patch.Body;
        var endsAt = patch.Clears(nameof(body.EndsAt)) ? null : body.EndsAt ?? row.EndsAt;
        if (endsAt is { } end && end <= (body.StartsAt ?? row.StartsAt))
            return Refusal.Invalid(body.EndsAt is null ? "startsAt" : "endsAt", "State an end after the start.");
        if (patch.Rename(row) is { } refused)
            return refused;
        row.Name = body.Name ?? row.Name;
        row.Description = patch.Clears(nameof(body.Description)) ? null : body.Description ?? row.Description;
        row.Sponsor = patch.Clears(nameof(body.Sponsor)) ? null : body.Sponsor ?? row.Sponsor;
        row.TimeZone = body.TimeZone ?? row.TimeZone;
        row.StartsAt = body.StartsAt ?? row.StartsAt;
        row.EndsAt = endsAt;
        row.EligibleKinds = patch.Clears(nameof(body.EligibleKinds)) ? [] : body.EligibleKinds ?? row.EligibleKinds;
        row.EligibleCountries = patch.Clears(nameof(body.EligibleCountries)) ? [] : body.EligibleCountries ?? row.EligibleCountries;
        row.EligibleEmailDomains = patch.Clears(nameof(body.EligibleEmailDomains))
            ? []
            : body.EligibleEmailDomains ?? row.EligibleEmailDomains;
        row.RequiredVerification = body.RequiredVerification ?? row.RequiredVerification;
        row.MinorsNeed = body.MinorsNeed ?? row.MinorsNeed;
        row.RenewalsNeedReport = body.RenewalsNeedReport ?? row.RenewalsNeedReport;
        row.ReviewHoldHours = body.ReviewHoldHours ?? row.ReviewHoldHours;
        row.MaxGrantDays = body.MaxGrantDays ?? row.MaxGrantDays;
        row.Visibility = body.Visibility ?? row.Visibility;
        row.Matching = body.Matching ?? row.Matching;
        row.GraceGpuSeconds = patch.Clears(nameof(body.GraceGpuHours))
            ? null
            : Wire.Time(body.GraceGpuHours)?.Seconds ?? row.GraceGpuSeconds;
        row.SuspendAfterGpuSeconds = patch.Clears(nameof(body.SuspendAfterGpuHours))
            ? null
            : Wire.Time(body.SuspendAfterGpuHours)?.Seconds ?? row.SuspendAfterGpuSeconds;
        row.RevokeAfterGpuSeconds = patch.Clears(nameof(body.RevokeAfterGpuHours))
            ? null
            : Wire.Time(body.RevokeAfterGpuHours)?.Seconds ?? row.RevokeAfterGpuSeconds;
        row.Status = body.Status ?? row.Status;
        return null;
    }

    private static async Task<IResult> EndAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var seen = await AdministeredAsync(http, db, id);
        return await http.RunAsync(
            new EndProgramme
            {
                Tree = TreeId.Of(seen.RootProgrammeId),
                Actor = http.Actor(),
                ProgrammeId = id,
            },
            row => Answer.Ok(ProgrammeView.To(http.Caller(), row), row.Version)
        );
    }

    private static Task<IResult> ChangeAsync(
        HttpContext http,
        Programme seen,
        ExpectedVersions? expected,
        EventType<ProgrammeData> type,
        Action<BatchState>? plan,
        Func<BatchState, Programme, Refusal?> change,
        IReadOnlyList<ProgrammeWarning>? warnings = null
    ) =>
        http.RunAsync(
            new ChangeResource<Programme>
            {
                Tree = TreeId.Of(seen.RootProgrammeId),
                Actor = http.Actor(),
                Key = new RowKey(seen.Id),
                ExpectedVersion = expected,
                Planning = plan,
                Changing = (batch, row) =>
                    row.Status == "ended"
                        ? Refusal.Conflict("programme-ended", "The programme has ended for good.", "status")
                        : change(batch, row),
                Recording = (batch, row) => Changed(batch, http.Actor(), row, type),
            },
            row => Answer.Ok(ProgrammeView.To(http.Caller(), row) with { Warnings = warnings }, row.Version)
        );

    private static void Changed(BatchState batch, Actor actor, Programme row, EventType<ProgrammeData> type)
    {
        batch.RecordEvent(TreeId.Of(row.RootProgrammeId), actor, type, new ProgrammeData(row.Id, row.Status, row.Version), row.Livemode);
        batch.Tree(TreeId.Of(row.RootProgrammeId)).MarkConfigChanged();
    }
}
