using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Consents;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Partners.Consents;

/// <summary>Consents by which partners act for organizations and people.</summary>
public static class ConsentEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/partners/{id:guid}/consents", AskAsync)
            .RequireScope(Scopes.Request)
            .Takes<ConsentBody>()
            .Idempotent()
            .Says(
                "askForConsent",
                "Ask for a consent",
                "For the partner's people. Hand the link or the code to an owner of the organization, or to the "
                    + "person. The code works once, "
                    + "for 7 days. Repetitions show neither."
            )
            .Answers<ConsentBegunView>(201)
            .Refuses(404, 409);
        v1.MapPost("/organizations/{id:guid}/consents", OfferAsync)
            .RequireScope(Scopes.Request)
            .Takes<ConsentBody>()
            .Idempotent()
            .Says(
                "offerConsent",
                "Let a partner act for the organization",
                "For its owners. Give the code to the partner and to nobody else: it works once, for 7 days. Repetitions do not show it."
            )
            .Answers<ConsentBegunView>(201)
            .Refuses(404, 409);
        v1.MapPost("/me/consents", OfferOwnAsync)
            .RequireScope(Scopes.Request)
            .Takes<ConsentBody>()
            .Idempotent()
            .Says(
                "offerMyConsent",
                "Let a partner ask for you",
                "The partner asks as you, for the organizations that you belong to. Give the code to the partner and to nobody else."
            )
            .Answers<ConsentBegunView>(201);
        v1.MapPost("/consents/read", ReadAsync)
            .RequireScope(Scopes.Read)
            .Takes<ReadConsentBody>()
            .Says("readConsentCode", "Read what a code is for", "Shows who asks for what, before anybody consents. The code stays unused.")
            .Answers<ConsentOfferView>()
            .Refuses(409);
        v1.MapPost("/consents", GiveAsync)
            .RequireScope(Scopes.Request)
            .Takes<ConsentCodeBody>()
            .Idempotent()
            .Says(
                "giveConsent",
                "Use a consent's code",
                "A partner's code: an owner consents for the organization, or a person for themselves. An organization's or person's code: "
                    + "the partner's people use it. From then on the partner acts for them."
            )
            .Answers<ConsentView>(201)
            .Refuses(409);
        v1.MapGet("/consents", ListAsync)
            .RequireScope(Scopes.Read)
            .Says(
                "listConsents",
                "List consents",
                "Those of organizations that you belong to, of yourself, and of your partners. Platform administrators see all."
            )
            .ListsByChange<ConsentView>("partnerId", "organizationId", "personId", "externalId");
        v1.MapGet("/consents/{id:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Says("getConsent", "Read a consent", "For both sides, and for platform administrators.")
            .Answers<ConsentView>()
            .Refuses(404);
        v1.MapPost("/consents/{id:guid}/end", EndAsync)
            .RequireScope(Scopes.Request, Scopes.Administer)
            .Idempotent()
            .Says(
                "endConsent",
                "End a consent",
                "For owners of the organization, the person, the partner's people and platform administrators. "
                    + "At once the partner acts for "
                    + "them no more. An unused code is taken back."
            )
            .Answers<ConsentView>()
            .Refuses(404, 409);
    }

    /// <summary>Consents that the caller sees.</summary>
    public static IQueryable<Consent> Visible(GpuGrantsContext db, Caller caller)
    {
        if (caller.IsPlatformAdministrator)
            return db.Set<Consent>();
        var (partners, organizations, me) = (caller.With(Roles.Partner), caller.Organizations, caller.PrincipalId);
        return db.Set<Consent>()
            .Where(row =>
                partners.Contains(row.PartnerId!.Value) || organizations.Contains(row.OrganizationId!.Value) || row.PersonId == me
            );
    }

    private static async Task<IResult> AskAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        if (!http.Caller().Has(Roles.Partner, id))
            throw await db.Set<Partner>().AnyAsync(row => row.Id == id, http.RequestAborted) && http.Caller().IsPlatformAdministrator
                ? Problem.Forbidden("Only the partner's own people ask for consents.")
                : Problem.NotFound();
        return await BeginAsync(http, ConsentSides.Partner, id, null, null);
    }

    private static async Task<IResult> OfferAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        if (!await db.Set<Organization>().AnyAsync(row => row.Id == id, http.RequestAborted))
            throw Problem.NotFound();
        if (!http.Caller().Has(Roles.OrganizationOwner, id))
            throw http.Caller().BelongsTo(id) || http.Caller().IsPlatformAdministrator
                ? Problem.Forbidden("Only the organization's owners let a partner act for it.")
                : Problem.NotFound();
        return await BeginAsync(http, ConsentSides.Organization, null, id, null);
    }

    private static Task<IResult> OfferOwnAsync(HttpContext http, GpuGrantsContext _) =>
        BeginAsync(http, ConsentSides.Person, null, null, RequirePerson(http.Caller()));

    private static async Task<IResult> BeginAsync(HttpContext http, string by, Guid? partner, Guid? organization, Guid? person)
    {
        var now = http.Now();
        var body = await http.BodyAsync(new ConsentValidator(by == ConsentSides.Partner, now));
        var (code, hash) = ConsentCode.Make();
        var publicUrl = http.RequestServices.GetRequiredService<IOptions<AccessOptions>>().Value.PublicUrl.TrimEnd('/');
        return await http.RunAsync(
            new BeginConsent
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                By = by,
                PartnerId = partner ?? body.PartnerId,
                OrganizationId = organization,
                PersonId = person,
                Body = body,
                CodeHash = hash,
            },
            row =>
                Begun(
                    row,
                    new ConsentBegunView
                    {
                        Consent = ConsentView.Of(row, row.CreatedAt),
                        Code = code,
                        Link = by == ConsentSides.Partner ? $"{publicUrl}{ConsentPage.Path}/{code}" : null,
                    }
                ),
            row => Begun(row, new ConsentBegunView { Consent = ConsentView.Of(row, row.CreatedAt) })
        );

        static Answer Begun(Consent row, ConsentBegunView view) => Answer.Created($"/v1/consents/{row.Id}", view);
    }

    private static async Task<IResult> ReadAsync(HttpContext http, GpuGrantsContext db)
    {
        var body = await http.BodyAsync(new ReadConsentValidator());
        var row = await OpenAsync(http, db, body.Code!);
        var partner = await db.Set<Partner>().FirstOrDefaultAsync(one => one.Id == row.PartnerId, http.RequestAborted);
        return TypedResults.Json(
            new ConsentOfferView
            {
                BegunBy = row.BegunBy,
                PartnerId = row.PartnerId,
                PartnerName = partner?.Name,
                Scopes = row.Scopes,
                ExpiresAt = row.ExpiresAt,
                CodeExpiresAt = row.CodeExpiresAt,
            },
            ApiJson.Options
        );
    }

    private static async Task<IResult> GiveAsync(HttpContext http, GpuGrantsContext db)
    {
        var body = await http.BodyAsync(new ConsentCodeValidator());
        var row = await OpenAsync(http, db, body.Code!);
        return await ChangeAsync(
            http,
            row.BegunBy == ConsentSides.Partner ? Consenting(http.Caller(), row, body) : await TakingAsync(http, db, row, body)
        );
    }

    /// <summary>An owner, or a person, uses a partner's code.</summary>
    private static GiveConsent Consenting(Caller caller, Consent row, ConsentCodeBody body)
    {
        if (body.PartnerId is not null || body.ExternalId is not null)
            throw Problem.Invalid(body.PartnerId is null ? "externalId" : "partnerId", "Leave it out: the partner has stated it.");
        if (body.OrganizationId is { } id && !caller.Has(Roles.OrganizationOwner, id))
            throw caller.BelongsTo(id)
                ? Problem.Forbidden("Only the organization's owners let a partner act for it.")
                : Problem.Invalid("organizationId", "You own no such organization.");
        return new GiveConsent
        {
            Tree = TreeId.Platform,
            Actor = caller.Actor,
            ConsentId = row.Id,
            PartnerId = row.PartnerId!.Value,
            OrganizationId = body.OrganizationId,
            PersonId = body.OrganizationId is null ? RequirePerson(caller) : null,
            GivenBy = caller.PrincipalId,
            GiverRole = null,
            ExternalId = null,
        };
    }

    /// <summary>A partner's people use a code that an organization or a person made.</summary>
    private static async Task<GiveConsent> TakingAsync(HttpContext http, GpuGrantsContext db, Consent row, ConsentCodeBody body)
    {
        if (body.OrganizationId is not null)
            throw Problem.Invalid("organizationId", "Leave it out: the code says for whom it is.");
        var mine = http.Caller().With(Roles.Partner);
        var partner = body.PartnerId ?? row.PartnerId ?? (mine is [var only] ? only : null);
        if (partner is not { } id)
            throw Problem.Invalid("partnerId", "Name the partner for which you use the code, and of whose people you are.");
        if (!mine.Contains(id) || (row.PartnerId ?? id) != id)
            throw Problem.Invalid("code", "The code is not for your partner.");
        return new GiveConsent
        {
            Tree = TreeId.Platform,
            Actor = http.Actor(),
            ConsentId = row.Id,
            PartnerId = id,
            OrganizationId = row.OrganizationId,
            PersonId = row.PersonId,
            GivenBy = row.CreatedBy,
            GiverRole = row.OrganizationId is { } organization ? await OwnerRoleAsync(http, db, organization, row.CreatedBy) : null,
            ExternalId = body.ExternalId,
        };
    }

    /// <summary>The role by which whoever made the code owns the organization.</summary>
    /// <exception cref="ProblemException">They own it no more.</exception>
    private static async Task<Guid> OwnerRoleAsync(HttpContext http, GpuGrantsContext db, Guid organization, Guid giver) =>
        await db.Set<RoleAssignment>()
            .Where(row => row.PrincipalId == giver && row.ResourceId == organization && row.Role == Roles.OrganizationOwner)
            .Select(row => (Guid?)row.Id)
            .FirstOrDefaultAsync(http.RequestAborted)
        ?? throw Problem.Thrown(GiveConsent.OwnsNoMore);

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var now = http.Now();
        var rows = Visible(db, http.Caller())
            .OnlyIds(http, "partnerId", row => row.PartnerId)
            .OnlyIds(http, "organizationId", row => row.OrganizationId)
            .OnlyIds(http, "personId", row => row.PersonId)
            .OnlyWords(http, "externalId", row => row.ExternalId);
        return TypedResults.Json(
            await http.PageAsync(rows, row => ConsentView.Of(row, now), names: row => [row.OrganizationId]),
            ApiJson.Options
        );
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        return http.Found(ConsentView.Of(row, http.Now()), row.Version);
    }

    private static async Task<IResult> EndAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        var caller = http.Caller();
        var isOfPartner = row.PartnerId is { } partner && caller.Has(Roles.Partner, partner);
        if (!isOfPartner && row.OrganizationId is { } organization && !caller.Owns(organization))
            throw Problem.Forbidden("Only the organization's owners, the partner's people and platform administrators end it.");
        return await ChangeAsync(
            http,
            new EndConsent
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                ConsentId = id,
                OrganizationId = row.OrganizationId,
                IsByPartner = one => ConsentEnd.IsByPartner(caller, one),
            },
            isNew: false
        );
    }

    private static Task<IResult> ChangeAsync(HttpContext http, Pipeline.Commands.Command<Consent> command, bool isNew = true)
    {
        return http.RunAsync(
            command,
            row =>
                isNew
                    ? Answer.Created($"/v1/consents/{row.Id}", ConsentView.Of(row, row.UpdatedAt), row.Version)
                    : Answer.Ok(ConsentView.Of(row, row.UpdatedAt), row.Version)
        );
    }

    private static async Task<Consent> FindAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await Visible(db, http.Caller()).FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted) ?? throw Problem.NotFound();

    /// <summary>The consent that waits for the code.</summary>
    /// <exception cref="ProblemException">There is none, or the code is over.</exception>
    internal static async Task<Consent> OpenAsync(HttpContext http, GpuGrantsContext db, string code)
    {
        var hash = ConsentCode.Hash(code);
        var row =
            await db.Set<Consent>().FirstOrDefaultAsync(one => one.CodeHash == hash, http.RequestAborted)
            ?? throw Problem.Invalid("code", "There is no such code. Copy it whole, with its beginning cc_.");
        var now = http.Now();
        return row.StatusAt(now) switch
        {
            ConsentStatus.Open => row,
            ConsentStatus.Expired when row.Status == ConsentStatus.Open => throw Over("code-expired", "The code was not used in time."),
            _ => throw Over("code-used", "The code was used or withdrawn."),
        };
    }

    private static ProblemException Over(string code, string sentence) =>
        new(Problem.Document(409, code, $"{sentence} Ask for a new one.", "code"));

    /// <summary>A program does not consent for whoever made it.</summary>
    private static Guid RequirePerson(Caller caller) =>
        caller.PrincipalId == caller.Actor.Person
            ? caller.PrincipalId
            : throw Problem.Forbidden("A program cannot consent for the person behind it. They do it themselves.");
}
