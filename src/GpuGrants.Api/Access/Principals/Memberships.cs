using FluentValidation;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Access.Proposals;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Access.Principals;

/// <summary>Gives and takes roles on one kind of resource.</summary>
public static class Memberships
{
    /// <summary>The scopes that a new principal's client gets with its role.</summary>
    public static string[] ScopesOf(string role) =>
        role switch
        {
            Roles.PlatformAdministrator => [Scopes.Read, Scopes.Request, Scopes.Review, Scopes.Provide, Scopes.Administer, Scopes.Clients],
            Roles.Auditor => [Scopes.Read, Scopes.Clients],
            Roles.ProgrammeAdministrator => [Scopes.Read, Scopes.Review, Scopes.Administer, Scopes.Clients],
            Roles.ProgrammeReviewer => [Scopes.Read, Scopes.Review, Scopes.Clients],
            Roles.ProviderOperator => [Scopes.Read, Scopes.Provide, Scopes.Clients],
            _ => [Scopes.Read, Scopes.Request, Scopes.Clients],
        };

    /// <summary>Who owns an organization is for its owners to say; an administrator only rescues one.</summary>
    internal const string OnlyOwnersNameOwners =
        "Only the organization's owners name another owner. Where the only owner has vanished, hand it over: "
        + "POST /v1/organizations/{id}/handovers.";

    public static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db, Guid? resource, params string[] roles)
    {
        var rows = db.Set<RoleAssignment>().Where(row => row.ResourceId == resource && roles.Contains(row.Role));
        var page = await http.PageAsync(rows, row => row, oldestFirst: true);
        var ids = page.Data.Select(row => row.PrincipalId).ToList();
        var names = await NamesAsync(db, ids, http.RequestAborted);
        return TypedResults.Json(
            new Page<MemberView>(
                [
                    .. page.Data.Select(row => new MemberView
                    {
                        PrincipalId = row.PrincipalId,
                        Name = names[row.PrincipalId],
                        Role = row.Role,
                        Since = row.CreatedAt,
                    }),
                ],
                page.NextCursor
            )
            {
                Count = page.Count,
            },
            ApiJson.Options
        );
    }

    /// <summary>The names of principals: a person's own where it is a person.</summary>
    internal static Task<Dictionary<Guid, string>> NamesAsync(GpuGrantsContext db, List<Guid> ids, CancellationToken cancellation) =>
        (
            from principal in db.Set<Principal>()
            where ids.Contains(principal.Id)
            from person in db.Set<PersonRow>().Where(one => one.Id == principal.Id).DefaultIfEmpty()
            select new { principal.Id, Name = person!.Name ?? principal.Name }
        ).ToDictionaryAsync(one => one.Id, one => one.Name, cancellation);

    /// <summary>Gives a role, and makes the principal and its client if it is new.</summary>
    /// <param name="http">The call.</param>
    /// <param name="db">For reading.</param>
    /// <param name="resource">The resource; null for the platform.</param>
    /// <param name="organization">The organization whose owners manage the new client.</param>
    /// <param name="guard">
    /// Why nobody can be added. It may read the organization, and where a platform administrator adds somebody, that administrator's roles.
    /// </param>
    /// <param name="roles">The resource's roles; the last is the default.</param>
    public static async Task<IResult> AddAsync(
        HttpContext http,
        GpuGrantsContext db,
        Guid? resource,
        Guid? organization,
        Func<BatchState, Decider, Refusal?>? guard,
        params string[] roles
    )
    {
        var body = await http.BodyAsync(new MemberValidator(roles));
        var role = body.Role ?? roles[^1];
        var isOutsider = organization is { } joined && !http.Caller().Has(Roles.OrganizationOwner, joined);
        if (isOutsider && role == Roles.OrganizationOwner)
            throw Problem.Forbidden(OnlyOwnersNameOwners);
        string? name = null;
        if (body.PrincipalId is { } named)
        {
            name =
                (await NamesAsync(db, [named], http.RequestAborted)).GetValueOrDefault(named)
                ?? throw Problem.Invalid("principalId", "There is no such principal.");
            if (
                named != http.Caller().PrincipalId
                && (
                    !http.Caller().IsPlatformAdministrator
                    || await db.Set<PersonRow>().AnyAsync(row => row.Id == named && row.Status == PersonRow.Active, http.RequestAborted)
                )
            )
                throw new ProblemException(
                    Problem.Document(
                        409,
                        "invite-instead",
                        "Nobody is enrolled without a yes. Invite the person by e-mail: POST /v1/invitations. A principal without an "
                            + "address is enrolled by a platform administrator.",
                        "principalId"
                    )
                );
        }

        var newcomer = await Newcomer.OfAsync(http, db, body.Name, "name", body.Subject, "subject", named: body.PrincipalId is not null);
        var known = body.PrincipalId ?? newcomer?.KnownAs;
        if (isOutsider && known == http.Caller().PrincipalId)
            throw Problem.Forbidden("Nobody lets themselves into an organization. Ask one of its owners for an invitation.");
        var held =
            known is { } id
            && await db.Set<RoleAssignment>()
                .AnyAsync(row => row.PrincipalId == id && row.Role == role && row.ResourceId == resource, http.RequestAborted);
        var clients = await WideClientsAsync(http, db, known);
        var change = new RoleChange(role, resource, known, known is null ? newcomer!.Name : null, newcomer?.Issuer, newcomer?.Subject)
        {
            ActsFor = http.Caller().IsPlatformAdministrator ? null : http.Actor().Person,
        };
        var decider = http.Decider();
        var most = http.RequestServices.GetRequiredService<IOptions<HoldingOptions>>().Value.ProgramsPerPerson;
        return await Newcomer.OnceAsync(() =>
            http.RunAsync(
                new Change<MemberOutcome>
                {
                    Tree = TreeId.Platform,
                    Actor = http.Actor(),
                    Planning = batch =>
                    {
                        clients.ForEach(client => batch.Rows<ApiClient>().Want(new RowKey(client)));
                        if (organization is { } owner)
                            batch.Rows<Organization>().Want(new RowKey(owner));
                        newcomer?.Plan(batch, http.Actor());
                        PlanProposal(batch, decider, role, resource);
                        if (isOutsider)
                            decider.Plan(batch);
                        if (change.ActsFor is { } person)
                            batch.Table<Holdings>().Want(person);
                    },
                    Deciding = batch =>
                        guard?.Invoke(batch, decider) is { } refused ? refused
                        : held ? Refusal.Conflict("role-held", "The principal has this role already.", "role")
                        : RefuseMorePrograms(batch, change, most) is { } tooMany ? tooMany
                        : !NeedsOthers(batch, decider, change) ? Given(batch)
                        : change.IsProgram ? RefuseProgram("name")
                        : new MemberOutcome(null, Propose(batch, http.Actor(), decider, change)),
                },
                made => Answered(made, made.Member),
                made => Answered(made, made.Member?.WithoutSecret())
            )
        );

        MemberOutcome Given(BatchState batch)
        {
            if (change is { PrincipalId: null, ActsFor: { } person })
                batch.Table<Holdings>().Of(person).Programs++;
            var member = Add(batch, http.Actor(), change, name ?? newcomer!.Name, newcomer, organization, clients);
            decider.Decided(batch, TreeId.Platform, member.PrincipalId);
            return new MemberOutcome(member, null);
        }
    }

    private static Answer Answered(MemberOutcome made, MemberView? member) =>
        made.Proposal is { } waits
            ? Answer.Accepted($"/v1/change-proposals/{waits.Id}", ChangeProposalView.Of(waits, waits.CreatedAt))
            : Answer.Created(null, member);

    /// <summary>Refuses another program to a person who has as many as one may.</summary>
    private static Refusal? RefuseMorePrograms(BatchState batch, RoleChange change, int most) =>
        change is { PrincipalId: null, ActsFor: { } person } && batch.Table<Holdings>().Of(person).Programs >= most
            ? Refusal.Conflict(
                "too-many-programs",
                $"One person has at most {most} programs. Remove one of them first, or invite people by e-mail: POST /v1/invitations.",
                "name"
            ) with
            {
                Limit = most,
            }
            : null;

    /// <summary>Roles whose holders decide what rules ask people for.</summary>
    private static bool Reviews(string role) =>
        role is Roles.PlatformAdministrator or Roles.ProgrammeAdministrator or Roles.ProgrammeReviewer;

    /// <summary>Wants what <see cref="Propose"/> reads.</summary>
    internal static void PlanProposal(BatchState batch, Decider decider, string role, Guid? resource)
    {
        if (!Reviews(role))
            return;
        decider.Plan(batch);
        batch.Table<ApprovalNeeds>().Want(resource ?? TreeId.Platform.Value, batch.Tree(TreeId.Platform).At);
    }

    /// <summary>Whoever would decide what N people have to agree to is let in by N people.</summary>
    /// <param name="batch">Has read the needs of the resource and the roles of whoever gives the role.</param>
    /// <param name="decider">Who gives the role.</param>
    /// <param name="change">The role.</param>
    /// <returns>Whether others have to agree; false when it can be given at once.</returns>
    internal static bool NeedsOthers(BatchState batch, Decider decider, RoleChange change) =>
        Reviews(change.Role)
        && batch.Table<ApprovalNeeds>().NeedOf(change.ResourceId ?? TreeId.Platform.Value) > 1
        && !decider.DecidesAlone(batch, batch.Tree(TreeId.Platform).At);

    /// <summary>
    /// A program counts as the person who makes it. The last who agrees would see its secret, and be two people who agree from then on.
    /// </summary>
    /// <param name="field">The field that names the program, if any.</param>
    internal static Refusal RefuseProgram(string? field) =>
        Refusal.Conflict(
            "invite-instead",
            "Several people decide here, and a program of yours would count as you. Invite the person by e-mail: POST /v1/invitations. A "
                + "principal without an address is enrolled by a platform administrator.",
            field
        );

    /// <summary>Proposes the role to the others who have to agree.</summary>
    /// <param name="batch">Has read the needs of the resource and the roles of whoever gives the role.</param>
    /// <param name="actor">Who gives the role, and so is the first who agrees.</param>
    /// <param name="decider">The same.</param>
    /// <param name="change">The role, as <see cref="NeedsOthers"/> judged it.</param>
    internal static ChangeProposal Propose(BatchState batch, Actor actor, Decider decider, RoleChange change)
    {
        var needed = batch.Table<ApprovalNeeds>().NeedOf(change.ResourceId ?? TreeId.Platform.Value);
        return ChangeBook.Propose(
            batch,
            TreeId.Platform,
            actor,
            decider,
            new ChangeDraft(
                ChangeKinds.Role,
                change.ResourceId,
                null,
                ApiJson.WriteText(change),
                $"Give {change.Name ?? "somebody"} the role {change.Role}.",
                needed
            )
        );
    }

    /// <summary>Gives the role, and makes the principal and its client if it is new.</summary>
    internal static MemberView Add(
        BatchState batch,
        Actor actor,
        RoleChange change,
        string name,
        Newcomer? newcomer,
        Guid? organization,
        IReadOnlyList<Guid> clients
    )
    {
        var at = batch.Tree(TreeId.Platform).At;
        var (principal, client) = change.PrincipalId is { } named
            ? (named, null)
            : newcomer!.Enter(batch, actor, change.ActsFor, change.Role, organization);
        Assign(batch, actor, principal, change.Role, change.ResourceId);
        Widen(batch, clients, change.Role);
        return new MemberView
        {
            PrincipalId = principal,
            Name = name,
            Role = change.Role,
            Since = at,
            Client = client,
        };
    }

    /// <summary>The clients by which the principal manages others. Those that it made narrower stay as they are.</summary>
    internal static async Task<List<Guid>> WideClientsAsync(HttpContext http, GpuGrantsContext db, Guid? principal) =>
        principal is { } id
            ? await db.Set<ApiClient>()
                .Where(row => row.PrincipalId == id && row.Status == "active" && row.Scopes.Contains(Scopes.Clients))
                .Select(row => row.Id)
                .ToListAsync(http.RequestAborted)
            : [];

    /// <summary>A second role needs clients that may use it.</summary>
    /// <param name="batch">Has read the clients.</param>
    /// <param name="clients">Those by which their holder manages others.</param>
    /// <param name="role">The role.</param>
    internal static void Widen(BatchState batch, IReadOnlyList<Guid> clients, string role)
    {
        foreach (var id in clients)
            Widen(batch, batch.Rows<ApiClient>().Find(new RowKey(id))!, role);
    }

    private static void Widen(BatchState batch, ApiClient row, string role)
    {
        string[] scopes = [.. row.Scopes.Union(ScopesOf(role), StringComparer.Ordinal)];
        if (scopes.Length == row.Scopes.Length || row.Status != "active")
            return;
        row.Scopes = scopes;
        batch.Change(row, batch.Tree(TreeId.Platform).At);
    }

    public static async Task<IResult> RemoveAsync(
        HttpContext http,
        GpuGrantsContext db,
        Guid? resource,
        Guid principal,
        Func<BatchState, Refusal?>? guard,
        Action<BatchState>? plan,
        params string[] roles
    )
    {
        var rows = await db.Set<RoleAssignment>()
            .AsNoTracking()
            .Where(row => row.ResourceId == resource && row.PrincipalId == principal && roles.Contains(row.Role))
            .ToListAsync(http.RequestAborted);
        if (rows.Count == 0)
            throw Problem.NotFound();
        return await http.RunAsync(
            new Change<Guid>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Planning = batch =>
                {
                    plan?.Invoke(batch);
                    foreach (var row in rows)
                        batch.Rows<RoleAssignment>().Want(new RowKey(row.Id));
                    if (resource is { } id)
                        batch.Rows<Organization>().Want(new RowKey(id));
                },
                Deciding = batch =>
                {
                    if (guard?.Invoke(batch) is { } refused)
                        return refused;
                    var held = rows.Select(row => batch.Rows<RoleAssignment>().Find(new RowKey(row.Id))).OfType<RoleAssignment>().ToList();
                    if (held.Count == 0)
                        return Refusal.NotFound;
                    held.ForEach(there => End(batch, http.Actor(), there));
                    batch.RecordEvent(TreeId.Platform, http.Actor(), AccessEvents.RoleRemoved, new RolesData(principal, resource));
                    return principal;
                },
            },
            _ => Answer.NoContent()
        );
    }

    /// <summary>Takes a role that was planned. Its past keeps its holder from deciding on those people's behalf.</summary>
    public static void End(BatchState batch, Actor actor, RoleAssignment row)
    {
        batch.Rows<RoleAssignment>().Delete(row);
        batch.Rows<PastRole>().Insert(PastRole.Of(row, batch.Tree(TreeId.Platform).At, actor.PrincipalId));
    }

    public static void Assign(BatchState batch, Actor actor, Guid principal, string role, Guid? resource)
    {
        var at = batch.Tree(TreeId.Platform).At;
        batch
            .Rows<RoleAssignment>()
            .Insert(
                new RoleAssignment
                {
                    Id = Guid.CreateVersion7(at),
                    PrincipalId = principal,
                    Role = role,
                    ResourceId = resource,
                    CreatedBy = actor.PrincipalId,
                    CreatedAt = at,
                }
            );
        batch.RecordEvent(TreeId.Platform, actor, AccessEvents.RoleGiven, new RoleData(principal, role, resource));
    }

    public static (ApiClient Row, string Secret) NewClient(
        DateTimeOffset at,
        Guid principal,
        Guid? organization,
        string name,
        string[] scopes,
        Guid createdBy,
        DateTimeOffset? expiresAt,
        string? madeBy = null
    )
    {
        var (secret, hash) = ClientSecret.Make();
        var id = Guid.CreateVersion7(at);
        var row = new ApiClient
        {
            Id = id,
            ClientId = "cl_" + id.ToString("N"),
            PrincipalId = principal,
            OrganizationId = organization,
            Name = name,
            Scopes = scopes,
            SecretHash = hash,
            Status = "active",
            ExpiresAt = expiresAt,
            CreatedBy = createdBy,
            MadeBy = madeBy,
            SecretMadeBy = madeBy,
            Version = 1,
            CreatedAt = at,
            UpdatedAt = at,
        };
        return (row, secret);
    }

    private sealed class MemberValidator : AbstractValidator<MemberBody>
    {
        public MemberValidator(string[] roles)
        {
            RuleFor(body => body.Role).OneOf(roles, required: false);
            RuleFor(body => body.Name).Name(200).When(body => body.PrincipalId is null);
            RuleFor(body => body.Name)
                .Null()
                .WithMessage("Leave the name out when you name a principal.")
                .When(body => body.PrincipalId is not null);
            RuleFor(body => body.Subject).Text(Newcomer.MaxSubject, required: false);
            RuleFor(body => body.Subject)
                .Null()
                .WithMessage("Leave the subject out when you name a principal.")
                .When(body => body.PrincipalId is not null);
        }
    }
}

/// <summary>Somebody got a role, or several people have to agree first.</summary>
/// <param name="Member">Who has the role.</param>
/// <param name="Proposal">What waits for others; null when nothing does.</param>
public sealed record MemberOutcome(MemberView? Member, ChangeProposal? Proposal);
