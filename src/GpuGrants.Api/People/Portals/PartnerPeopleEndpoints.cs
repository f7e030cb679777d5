using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Consents;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Partners;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Api.Terms;
using GpuGrants.People;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.People.Portals;

/// <summary>People whom partners sign up.</summary>
public static class PartnerPeopleEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/partners/{id:guid}/people", UpsertAsync)
            .RequireScope(Scopes.Request)
            .Takes<PartnerPersonBody>()
            .Idempotent()
            .Says(
                "signUpPartnerPerson",
                "Sign somebody up",
                "For the partner's people. The same externalId is the same person: 201 for a new one, 200 for one who is there. The person "
                    + "confirms by a mailed code, or a programme that trusts the partner's word is named in vouchFor."
            )
            .Answers<PartnerPersonView>(201)
            .Answers<PartnerPersonView>(200)
            .Refuses(404, 409);
        v1.MapGet("/partners/{id:guid}/people", ListAsync)
            .RequireScope(Scopes.Read)
            .Says("listPartnerPeople", "List a partner's people", "Those whom it signed up. For its people and platform administrators.")
            .ListsByChange<PartnerPersonView>("externalId", "status")
            .Refuses(404);
        v1.MapDelete("/partners/{id:guid}/people/{personId:guid}", RemoveAsync)
            .RequireScope(Scopes.Request, Scopes.Administer)
            .Says(
                "removePartnerPerson",
                "Remove somebody",
                "For the partner's people and platform administrators. Names the id of the list. Every consent "
                    + "by which the partner acts for "
                    + "them ends. What they were granted stays."
            )
            .AnswersEmpty()
            .Refuses(404);
    }

    public static void MapOpen(RouteGroupBuilder open) =>
        open.MapPost("/partner-sign-ups/{id:guid}/confirm", ConfirmAsync)
            .Takes<CodeBody>()
            .Idempotent()
            .Says(
                "confirmPartnerSignUp",
                "Confirm a partner's sign-up",
                "For whoever has the mailed code. Makes the person and an organization that the partner acts for. The person gets a client "
                    + "of their own by POST /v1/recoveries. Five tries within 15 minutes."
            )
            .Answers<PartnerPersonView>(201)
            .Refuses(404, 409);

    private static async Task<Partner> OwnAsync(HttpContext http, GpuGrantsContext db, Guid id, bool alsoAdministrators)
    {
        var caller = http.Caller();
        var row = await db.Set<Partner>().FirstOrDefaultAsync(one => one.Id == id, http.RequestAborted);
        if (row is null || !(caller.Has(Roles.Partner, id) || caller.IsPlatformAdministrator))
            throw Problem.NotFound();
        return caller.Has(Roles.Partner, id) || alsoAdministrators
            ? row
            : throw Problem.Forbidden("Only the partner's own people sign people up.");
    }

    private static async Task<IResult> UpsertAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var partner = await OwnAsync(http, db, id, alsoAdministrators: false);
        var body = await http.BodyAsync(new PartnerPersonValidator());
        var known = await db.Set<PartnerPerson>()
            .Where(row => row.PartnerId == id && row.ExternalId == body.ExternalId)
            .Select(row => (Guid?)row.Id)
            .FirstOrDefaultAsync(http.RequestAborted);
        var terms = await PlatformTerms.IdsAsync(db, http.RequestAborted);
        try
        {
            return body.VouchFor is { } programme
                ? await VouchAsync(http, id, programme, known, body, terms)
                : await InviteAsync(http, db, partner, known, body, terms);
        }
        catch (PostgresException failure) when (failure is { SqlState: PostgresErrorCodes.UniqueViolation, TableName: "partner_people" })
        {
            throw new ProblemException(
                Problem.Document(409, "changed-meanwhile", "Another call signed the same person up at the same moment. Try again.")
            );
        }
    }

    private static async Task<IResult> VouchAsync(
        HttpContext http,
        Guid partner,
        Guid programme,
        Guid? known,
        PartnerPersonBody body,
        IReadOnlyList<Guid> terms
    )
    {
        return await http.RunAsync(
            new VouchForPerson
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                PartnerId = partner,
                ProgrammeId = programme,
                KnownId = known,
                Body = body,
                TermsIds = terms,
            },
            Rendered
        );
    }

    private static async Task<IResult> InviteAsync(
        HttpContext http,
        GpuGrantsContext db,
        Partner partner,
        Guid? known,
        PartnerPersonBody body,
        IReadOnlyList<Guid> terms
    )
    {
        var services = http.RequestServices;
        services.GetRequiredService<SignUpGate>().DemandOpen();
        var email = EmailAddress.Parse(body.Email)!;
        if (await CodeMail.AdmitAsync(http, db, email, AddressProof.PartnerSignUp) is { } earlier)
            return earlier;
        var (outbox, proofs) = (services.GetRequiredService<Outbox>(), services.GetRequiredService<Proofs>());
        var identity = services.GetRequiredService<IdentityKey>().Of(email);
        var stated = new SignUpDetails(
            email.Text,
            body.Name!,
            body.Language ?? "en",
            body.OrganizationName ?? body.Name!,
            body.Kind!,
            body.Country!
        )
        {
            TermsIds = terms,
            BirthYear = body.BirthYear,
            OfAge = body.OfAge,
        };
        var code = MailedCode.Make();
        var scopes = body.Scopes ?? [Scopes.Read, Scopes.Request];
        return await http.RunAsync(
            new InvitePartnerPerson
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                PartnerId = partner.Id,
                ExternalId = body.ExternalId!,
                KnownId = known,
                Prove = (row, at) =>
                    proofs.Make(
                        Guid.CreateVersion7(at),
                        AddressProof.PartnerSignUp,
                        identity,
                        code,
                        new PartnerSignUpDetails(stated, row.Id, scopes),
                        at
                    ),
                Letter = id => outbox.Seal(Letters.PartnerSignUp(email.Text, stated.Language, code, id, partner.Name)),
            },
            Rendered
        );
    }

    private static async Task<IResult> ConfirmAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var services = http.RequestServices;
        var body = await http.BodyAsync(new CodeValidator());
        await CodeMail.ProofAsync(http, db, id, AddressProof.PartnerSignUp);
        return await http.RunAsync(
            new ConfirmPartnerSignUp
            {
                Tree = TreeId.Platform,
                Actor = Actor.Service,
                ProofId = id,
                Code = body.Code!,
                Proofs = services.GetRequiredService<Proofs>(),
                Limits = services.GetRequiredService<IOptions<HoldingOptions>>().Value,
                SignUps = services.GetRequiredService<DomainSignUps>(),
            },
            Proofs.Answering<PartnerPerson>(row => Answer.Created(null, PartnerPersonView.Of(row), row.Version))
        );
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await OwnAsync(http, db, id, alsoAdministrators: true);
        var rows = db.Set<PartnerPerson>()
            .Where(row => row.PartnerId == id)
            .OnlyWords(http, "externalId", row => row.ExternalId)
            .OnlyWords(http, "status", row => row.Status, PartnerPerson.Statuses);
        return TypedResults.Json(
            await http.PageAsync(rows, PartnerPersonView.Of, names: row => [row.OrganizationId, row.ProgrammeId]),
            ApiJson.Options
        );
    }

    private static async Task<IResult> RemoveAsync(HttpContext http, GpuGrantsContext db, Guid id, Guid personId)
    {
        await OwnAsync(http, db, id, alsoAdministrators: true);
        var row =
            await db.Set<PartnerPerson>().FirstOrDefaultAsync(one => one.Id == personId && one.PartnerId == id, http.RequestAborted)
            ?? throw Problem.NotFound();
        var caller = http.Caller();
        return await http.RunAsync(
            new RemovePartnerPerson
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                PersonRowId = row.Id,
                IsByPartner = consent => ConsentEnd.IsByPartner(caller, consent),
            },
            _ => Answer.NoContent()
        );
    }

    private static Answer Rendered(PartnerPersonEntered entered)
    {
        var view = PartnerPersonView.Of(entered.Row) with { ConfirmationId = entered.ProofId };
        return entered.IsNew ? Answer.Created(null, view, view.Version) : Answer.Ok(view, view.Version);
    }
}
