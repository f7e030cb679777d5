using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.People;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.People.Domains;

/// <summary>Owners prove domains themselves; platform administrators may do so for them.</summary>
public static class DomainProofEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/organizations/{id:guid}/domain-proofs", ListAsync)
            .RequireScope(Scopes.Read)
            .Says(
                "listDomainProofs",
                "List domain proofs",
                "For the organization's owners and platform administrators, the newest first, with the record to set."
            )
            .ListsByTime<DomainProofView>()
            .Refuses(404);
        v1.MapPost("/organizations/{id:guid}/domain-proofs", StartAsync)
            .RequireScope(Scopes.Request)
            .Takes<DomainProofBody>()
            .Idempotent()
            .Says(
                "startDomainProof",
                "Start to prove a domain",
                "For the organization's owners and platform administrators. Answers with a DNS record to set within seven days, or mails a "
                    + "code to an address of the domain, which works for 15 minutes. Domains of mail services and "
                    + "public suffixes prove nothing."
            )
            .Answers<DomainProofView>(201)
            .Refuses(404, 409);
        v1.MapPost("/organizations/{id:guid}/domain-proofs/{proofId:guid}/check", CheckAsync)
            .RequireScope(Scopes.Request)
            .Takes<DomainCheckBody>()
            .Idempotent()
            .Says(
                "checkDomainProof",
                "Check a domain proof",
                "For the organization's owners and platform administrators. Looks for the DNS record, or takes "
                    + "the code. Then the organization is verified by domain, for a "
                    + "year unless configured otherwise, and until its name or country changes."
            )
            .Answers<VerificationView>()
            .Refuses(404, 409);
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db, IdentityKey key, Guid id)
    {
        await OwnAsync(http, db, id);
        var (now, language) = (http.Now(), http.Language());
        return TypedResults.Json(
            await http.PageAsync(
                db.Set<DomainProof>().Where(row => row.OrganizationId == id),
                row => DomainProofView.Of(row, now, key, language)
            ),
            ApiJson.Options
        );
    }

    private static async Task<IResult> StartAsync(HttpContext http, GpuGrantsContext db, IdentityKey key, DomainLimits limits, Guid id)
    {
        await OwnAsync(http, db, id);
        var services = http.RequestServices;
        var body = await http.BodyAsync(
            new DomainProofValidator(services.GetRequiredService<IOptions<DomainProofOptions>>().Value.MailServices)
        );
        if (await http.EarlierAnswerAsync() is { } earlier)
            return new AnswerResult(earlier);
        await limits.TakeStartAsync(http, id);
        var proof = new DomainProof
        {
            OrganizationId = id,
            Domain = DomainName.Parse(body.Domain)!,
            Method = body.Email is null ? DomainProof.Dns : DomainProof.Email,
            CreatedBy = http.Actor().PrincipalId,
            ClientId = http.Actor().ClientId,
        };
        var language = http.Language();
        var (code, letter) = body.Email is { } email ? await MailAsync(http, db, EmailAddress.Parse(email)!, proof.Domain) : (null, null);
        return await http.RunAsync(
            new Change<DomainProofView>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Planning = batch => batch.Rows<Organization>().Want(new RowKey(id)),
                Deciding = batch =>
                {
                    if (OrganizationChange.Refuse(batch.Rows<Organization>().Find(new RowKey(id))!) is { } closed)
                        return closed;
                    var at = batch.Tree(TreeId.Platform).At;
                    (proof.Id, proof.CreatedAt) = (Guid.CreateVersion7(at), at);
                    proof.CodeHash = code is null ? null : key.Of(proof.Id, code);
                    proof.ExpiresAt = at + (code is null ? DomainProof.DnsLifetime : AddressProof.Lifetime);
                    batch.Rows<DomainProof>().Insert(proof);
                    if (letter is not null)
                        Outbox.Put(batch, letter, at);
                    return DomainProofView.Of(proof, at, key, language);
                },
            },
            view => Answer.Created(null, view)
        );
    }

    /// <summary>A code, and the letter with it.</summary>
    private static async Task<(string Code, byte[] Letter)> MailAsync(
        HttpContext http,
        GpuGrantsContext db,
        EmailAddress email,
        string domain
    )
    {
        var services = http.RequestServices;
        services.GetRequiredService<SignUpGate>().DemandMail();
        await CodeMail.TakeAsync(http, db, email, DomainProof.Purpose);
        var caller = http.Actor().Person;
        var language = await db.Set<PersonRow>()
            .Where(row => row.Id == caller)
            .Select(row => row.Language)
            .FirstOrDefaultAsync(http.RequestAborted);
        var code = MailedCode.Make();
        return (code, services.GetRequiredService<Outbox>().Seal(Letters.DomainProof(email.Text, language ?? "en", code, domain)));
    }

    private static async Task<IResult> CheckAsync(
        HttpContext http,
        GpuGrantsContext db,
        IdentityKey key,
        DomainLimits limits,
        Guid id,
        Guid proofId
    )
    {
        await OwnAsync(http, db, id);
        var services = http.RequestServices;
        var body = await http.BodyAsync(new DomainCheckValidator());
        if (await http.EarlierAnswerAsync() is { } earlier)
            return new AnswerResult(earlier);
        var proof =
            await db.Set<DomainProof>().FirstOrDefaultAsync(row => row.Id == proofId && row.OrganizationId == id, http.RequestAborted)
            ?? throw Problem.NotFound();
        var now = http.Now();
        var isFound =
            proof.Method == DomainProof.Dns
            && proof.StatusAt(now) == DomainProofStatus.Open
            && await LookAsync(http, limits, proof, DomainProofView.ValueOf(proof, key));
        return await http.RunAsync(
            new CheckDomainProof
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                ProofId = proofId,
                OrganizationId = id,
                Code = body.Code,
                IsFound = isFound,
                Lifetime = TimeSpan.FromDays(services.GetRequiredService<IOptions<DomainProofOptions>>().Value.Days),
                Proofs = services.GetRequiredService<Proofs>(),
                Book = await VerificationBook.ReadAsync(db, id, http.RequestAborted),
            },
            Proofs.Answering<Verification>(made => Answer.Ok(VerificationView.Of(made)))
        );
    }

    private static async Task<bool> LookAsync(HttpContext http, DomainLimits limits, DomainProof proof, string value)
    {
        await limits.TakeLookupAsync(http, proof.OrganizationId);
        var found =
            await http.RequestServices.GetRequiredService<TxtRecords>().OfAsync(proof.RecordName, http.RequestAborted)
            ?? throw new ProblemException(
                Problem.Document(
                    503,
                    "dns-unavailable",
                    $"No name server answered for {proof.RecordName} in time. Check again in a minute."
                ),
                TimeSpan.FromMinutes(1)
            );
        return found.Contains(value, StringComparer.Ordinal);
    }

    private static Task OwnAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        OrganizationEndpoints.OwnedAsync(http, db, id, "Only the organization's owners and platform administrators prove its domains.");
}
