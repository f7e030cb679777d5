using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.Mail;

/// <summary>
/// Takes the mail that waits for a person out of the queue when the batch is written, what came meanwhile too. Watchers of mails hear
/// nothing of it: they wait for mail to send.
/// </summary>
public sealed class WaitingMail() : PeopleTouched("delete from mails where person_id = any ($1) and status = 'pending'")
{
    /// <summary>Nothing that waits is sent to the person.</summary>
    public void Forget(Guid person) => Touch(person);
}
